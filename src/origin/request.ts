import type { Scheme } from "../rules/authority.ts";
import {
  type FieldList,
  type FieldReader,
  type Fields,
  judgedName,
  requestFieldsOf,
} from "../rules/fields.ts";
import { foldedCodings } from "../rules/coding.ts";
import { isHopByHop, isNominable, nominatedBy } from "../rules/hop-by-hop.ts";
import { remembered } from "../rules/remembered.ts";
import { surrogateCapability } from "../rules/targeted.ts";
import type { FieldChanges, RequestVerdict } from "../sites/site.ts";
import { claimOf } from "./claims.ts";

/** What is known of the client beside its fields. */
export interface ClientFacts {
  /** The peer's address without port; null where the socket has none. */
  readonly address: string | null;
  readonly protocol: Scheme;
  /** The host it asked, as it is keyed: see rules/authority. "" where it named none. */
  readonly host: string;
  /** See `Told`; absent where no proxy that is trusted has told of the client. */
  readonly speaksForOthers?: boolean | undefined;
}

export interface SendingOptions {
  /** The Host the origin is asked for; null sends the client's. */
  readonly originHost: string | null;
  /** Differs in every process: a request that bears it already is a loop. */
  readonly loopId: string;
  /** Whether this cache presents itself as a surrogate, to which an origin may speak by Surrogate-Control. */
  readonly isSurrogate: boolean;
  /** What becomes of fields whose names have more than letters, digits and hyphens. */
  readonly underscoreFields: "drop" | "keep";
}

/** Names this proxy in Via, CDN-Loop and User-Agent. */
export const pseudonym = "cacheproxy";

/** The field in which the origin learns the host that the client asked. */
export const hostField = "x-forwarded-host";
const protocolField = "x-forwarded-proto";

/** What the rules of a site change of the fields that the origin is sent. */
export type RuledFields = Pick<RequestVerdict, "changes" | "foldsEncodings">;

/**
 * The fields of a request as the origin gets them, made of those that the client has sent (RFC 9110 §7.6, RFC 7239,
 * RFC 8586). All that decides and all that is keyed reads these and no others: the origin is told nothing that the
 * cache does not know of, and the cache goes by nothing that the origin is not told.
 */
export function fieldsToSend(
  method: string,
  received: Iterable<[name: string, value: string]> & FieldReader,
  client: ClientFacts,
  options: SendingOptions,
  { changes, foldsEncodings }: RuledFields,
): Fields {
  const nominated = nominatedBy(received.get("connection"));
  const changed = changedBy(changes);
  const lines: [string, string][] = [];
  for (const field of received) {
    const [name, value] = field;
    if (!isPassed(name, method, options) || nominated.has(name) || changed.has(judgedName(name))) continue;
    lines.push(foldsEncodings && name === "accept-encoding" ? [name, foldedCodings(value)] : field);
  }
  for (const [name, value] of changes.set) lines.push([name, value]);
  if (typeof changes.cookie === "string") lines.push(["cookie", changes.cookie]);
  lines.push(...writtenFields(lines, client, options));
  return requestFieldsOf(lines);
}

/** Names of the client's fields that are not sent as they came. */
function changedBy({ cookie, set, remove }: FieldChanges): ReadonlySet<string> {
  if (cookie === undefined && set.length === 0 && remove.length === 0) return nothing;
  const names = [...remove, ...set.map(([name]) => name), ...(cookie === undefined ? [] : ["cookie"])];
  return new Set(names.map(judgedName));
}

const nothing: ReadonlySet<string> = new Set();

/** What this proxy says itself. */
function writtenFields(passed: FieldList, client: ClientFacts, options: SendingOptions) {
  const { address, protocol, host } = client;
  const lines: [string, string][] = [];
  const hostSent = options.originHost ?? host;
  if (hostSent !== "") lines.push(["host", hostSent]);
  for (const [name, value] of unsaid) {
    if (!passed.some(([said]) => said === name)) lines.push([name, value]);
  }
  if (address !== null) lines.push(["x-forwarded-for", address]);
  lines.push([protocolField, protocol]);
  if (host !== "") lines.push([hostField, host]);
  lines.push(["forwarded", forwarded(client)], ["via", `1.1 ${pseudonym}`]);
  lines.push(["cdn-loop", `${pseudonym}; id="${options.loopId}"`]);
  if (options.isSurrogate) lines.push(["surrogate-capability", surrogateCapability]);
  return lines;
}

/** What `fetch` would say of itself where a client has said nothing: said here, so that it is keyed. */
const unsaid: ReadonlyMap<string, string> = new Map([
  ["user-agent", pseudonym],
  ["accept", "*/*"],
]);

/**
 * What `fieldsToSend` has in one field of a GET, for those who need to know no others. It knows only the fields of
 * which `isTellable` says so, and none of a client whose field names have more than letters, digits and hyphens.
 */
export function valueToSend(
  received: FieldReader,
  name: string,
  { host, protocol }: Pick<ClientFacts, "host" | "protocol">,
  foldsEncodings: boolean,
): string | null {
  if (name === hostField) return host === "" ? null : host;
  if (name === protocolField) return protocol;
  const value = received.get(name);
  const isSent = value !== null && !(isNominable(name) && nominatedBy(received.get("connection")).has(name));
  if (!isSent) return unsaid.get(name) ?? null;
  return foldsEncodings && name === "accept-encoding" ? foldedCodings(value) : value;
}

/** Whether `valueToSend` knows the field. */
export function isTellable(name: string): boolean {
  return name === hostField || name === protocolField || (fateOf(name) === "passed" && !appended.has(name));
}

/** To these, and to what the client has said in them, something is added. */
const appended: ReadonlySet<string> = new Set(["via", "cdn-loop"]);

type Fate = "passed" | "dropped" | "passed unless shared" | "dropped unless kept";

function isPassed(name: string, method: string, { underscoreFields }: SendingOptions): boolean {
  switch (fateOf(name)) {
    case "passed":
      return true;
    case "dropped":
      return false;
    case "passed unless shared":
      return method !== "GET" && method !== "HEAD";
    case "dropped unless kept":
      return underscoreFields === "keep";
  }
}

/** What becomes of a client's field that Connection does not name. */
const fateOf = remembered((name): Fate => {
  const judged = judgedName(name);
  if (judged !== name) {
    // An origin that reads Accept_Encoding as Accept-Encoding would go by a field that the cache has not gone by.
    const isOfNobody = claimOf(judged) === null && isNominable(judged) && !isHopByHop(judged);
    return isOfNobody ? "dropped unless kept" : "dropped";
  }
  if (isHopByHop(name) || replaced.has(name)) return "dropped";
  const claim = claimOf(name);
  if (claim === null) return "passed";
  return claim === "action" ? "passed unless shared" : "dropped";
});

/** Host is written anew; to Expect, Bun's server has answered by the time the request is seen (RFC 9110 §10.1.1). */
const replaced: ReadonlySet<string> = new Set(["host", "expect"]);

/** RFC 8586 §2: true when this very process has forwarded the request before. */
export function isLoop(cdnLoop: string | null, loopId: string): boolean {
  return cdnLoop?.includes(`id="${loopId}"`) ?? false;
}

/** RFC 7239 §4; an IPv6 address stands in brackets and quotes (§6). */
function forwarded({ address, protocol, host }: ClientFacts): string {
  const node = address?.includes(":") ? `"[${address}]"` : (address ?? "unknown");
  // No host has a quote or a backslash in it.
  return `for=${node};proto=${protocol}${host === "" ? "" : `;host="${host}"`}`;
}
