import type { FieldList } from "../rules/fields.ts";
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

/** Fields that tell the origin about the client: written here, never passed on. */
const writtenHere = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
  "host",
  // Bun's server has answered 100 already by the time the request is seen (RFC 9110 §10.1.1).
  "expect",
]);

/** The fields of the request to the origin, from those of the client's request (RFC 9110 §7.6, RFC 7239, RFC 8586). */
export function outgoingFields(fields: FieldList, client: ClientFacts, options: OutgoingOptions): Headers {
  const connection = fields.find(([name]) => name === "connection")?.[1] ?? null;
  const headers = new Headers();
  for (const [name, value] of endToEndFields(fields, connection)) {
    if (!writtenHere.has(name)) headers.append(name, value);
  }
  const host = options.originHost ?? client.host;
  if (host !== null) headers.set("host", host);
  headers.append("via", `1.1 ${options.pseudonym}`);
  headers.append("cdn-loop", `${options.pseudonym}; id="${options.loopId}"`);
  if (client.address !== null) headers.set("x-forwarded-for", client.address);
  headers.set("x-forwarded-proto", client.protocol);
  if (client.host !== null) headers.set("x-forwarded-host", client.host);
  headers.set("forwarded", forwarded(client));
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
  const host = client.host === null ? "" : `;host=${quoted(client.host)}`;
  return `for=${node};proto=${client.protocol}${host}`;
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}
