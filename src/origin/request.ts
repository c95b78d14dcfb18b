import { type FieldList, type Fields, fieldsOf } from "../rules/fields.ts";
import { endToEndFields } from "../rules/hop-by-hop.ts";

/** What the connection tells of the client; nothing here is read from its fields but the Host. */
export interface ClientFacts {
  /** The peer's address without port; null where the socket has none. */
  readonly address: string | null;
  readonly protocol: "http" | "https";
  readonly host: string | null;
}

export interface OutgoingOptions {
  /** The Host the origin is asked for; null sends the client's. */
  readonly originHost: string | null;
  /** Names this proxy in Via and User-Agent, e.g. "cacheproxy". */
  readonly pseudonym: string;
  /** Differs in every process: a request that bears it already is a loop. */
  readonly loopId: string;
}

/** The field in which the origin learns the Host that the client asked for. */
export const hostField = "x-forwarded-host";

/** Fields in which others tell who a client is and what it asked for; from a client they are worth nothing. */
const claims: ReadonlySet<string> = new Set([
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "client-ip",
  "true-client-ip",
]);

/** Fields that make some origins answer for another target, host or method: not where the answer may be stored. */
const overrides: ReadonlySet<string> = new Set([
  "x-original-url",
  "x-rewrite-url",
  "x-host",
  "x-http-host-override",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
]);

/**
 * The client's fields as far as they are believed, and what we know of the client in the fields where origins look for
 * it. All that follows reads these: the origin never sees what the cache has not seen.
 */
export function believedFields(
  method: string,
  fields: Iterable<[string, string]>,
  client: ClientFacts,
): Fields {
  const isAnsweredFromCache = method === "GET" || method === "HEAD";
  const believed: [string, string][] = [];
  for (const field of fields) {
    const [name] = field;
    if (!isClaim(name) && !(isAnsweredFromCache && overrides.has(name))) believed.push(field);
  }
  if (client.address !== null) believed.push(["x-forwarded-for", client.address]);
  believed.push(["x-forwarded-proto", client.protocol]);
  if (client.host !== null) believed.push([hostField, client.host.toLowerCase()]);
  believed.push(["forwarded", forwarded(client)]);
  return fieldsOf(believed);
}

/** Whether the believed fields of a GET or HEAD may have another value in this field than the client sent. */
export function isRewritten(name: string): boolean {
  return isClaim(name) || overrides.has(name);
}

function isClaim(name: string): boolean {
  return name.startsWith("x-forwarded-") || claims.has(name);
}

/** The fields of the request to the origin, from the believed ones (RFC 9110 §7.6, RFC 7239, RFC 8586). */
export function outgoingFields(fields: FieldList, options: OutgoingOptions): Headers {
  const connection = fields.find(([name]) => name === "connection")?.[1] ?? null;
  const headers = new Headers();
  for (const [name, value] of endToEndFields(fields, connection)) {
    // Bun's server has answered 100 already by the time the request is seen (RFC 9110 §10.1.1).
    if (name !== "expect") headers.append(name, value);
  }
  if (options.originHost !== null) headers.set("host", options.originHost);
  headers.append("via", `1.1 ${options.pseudonym}`);
  headers.append("cdn-loop", `${options.pseudonym}; id="${options.loopId}"`);
  // `fetch` would name itself where the client named nobody.
  if (!headers.has("user-agent")) headers.set("user-agent", options.pseudonym);
  return headers;
}

/** RFC 8586 §2: true when this very process has forwarded the request before. */
export function isLoop(cdnLoop: string | null, loopId: string): boolean {
  return cdnLoop?.includes(`id="${loopId}"`) ?? false;
}

/** RFC 7239 §4; an IPv6 address stands in brackets and quotes (§6). */
function forwarded(client: ClientFacts): string {
  const address = client.address ?? "unknown";
  const node = address.includes(":") ? `"[${address}]"` : address;
  const host = client.host === null ? "" : `;host=${quoted(client.host.toLowerCase())}`;
  return `for=${node};proto=${client.protocol}${host}`;
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}
