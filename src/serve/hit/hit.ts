import type { ClientReader } from "../../origin/client-reader.ts";
import { type ClientFacts, isTellable, valueToSend } from "../../origin/request.ts";
import type { Scheme } from "../../rules/authority.ts";
import { judgedName } from "../../rules/fields.ts";
import { identityFields } from "../../rules/identity.ts";
import type { Audience } from "../../rules/policy.ts";
import { isUnmodified } from "../../rules/preconditions.ts";
import { contentRange, decideRange, type Part } from "../../rules/range.ts";
import { targetAsked, targetOf } from "../../rules/target.ts";
import { selectVariant, variantKey } from "../../rules/vary.ts";
import type { RequestVerdict, Site } from "../../sites/site.ts";
import type { MemoryStore } from "../../store/memory/memory-store.ts";
import type { MemoryEntry } from "../../store/memory/entry.ts";
import type { OpenFiles } from "../../store/disk/open-files.ts";
import type { ServedSites } from "../site.ts";
import { type Address, type Asked, createAddresses, ruledKey } from "./address.ts";
import { hitBody, isHeld } from "./hit-body.ts";
import type { OnServed } from "../answer/outcome.ts";
import { notModifiedHeadersAt, type Ready, readyAt, type Sendable } from "./ready.ts";

export interface HitOptions {
  /** Asked with each request: they may be others from one to the next. */
  readonly sites: () => ServedSites;
  readonly memory: MemoryStore<Ready>;
  /** For bodies of which memory knows no more than the file. */
  readonly files: OpenFiles;
  /** By which clients reach this listener. */
  readonly protocol: Scheme;
  /** Who asks, where a proxy that is trusted tells it. */
  readonly clients: Pick<ClientReader, "told">;
  readonly now: () => number;
  readonly onHit: OnHit;
  /** For the log; null when there is none. */
  readonly onServed: OnServed | null;
  /** The address of the peer; called only where it matters. */
  readonly peerOf: (request: Request) => string | null;
}

/**
 * Told of each hit, in words for which nothing has to be made: the site, the host and the scheme by which it is keyed, path
 * and query as asked, status and bytes of the body; `at` is by the steady clock.
 */
export type OnHit = (
  site: Site,
  asked: Pick<Asked, "host" | "protocol">,
  target: string,
  status: number,
  bytes: number,
  at: number,
) => void;

/** Fields with which a request is not plain: directives and rare preconditions are for the long way. */
const unplainFields = [
  "cache-control",
  "pragma",
  "if-range",
  "if-match",
  "if-unmodified-since",
  "content-length",
  "transfer-encoding",
  "cdn-loop",
  "upgrade",
];

/**
 * The short cut for what a cache mostly does: a GET of a fresh response that memory knows, plain, conditional or for
 * one range. Synchronous; undefined when the request must go the long way, which would give the same bytes.
 */
export function createHit(options: HitOptions): (request: Request) => Response | undefined {
  const { memory, files, clients, now, peerOf } = options;
  // One of each for all requests, since nobody keeps them: a hit under rules makes nothing for the question it asks them.
  const judged = createJudged(peerOf);
  const ruled: { -readonly [Name in keyof Asked]: Asked[Name] } = {
    host: "",
    protocol: "http",
    counts: nothing,
  };
  const addresses = {
    http: createAddresses(options.sites, "http"),
    https: createAddresses(options.sites, "https"),
  };

  return function hit(request) {
    if (request.method !== "GET") return undefined;
    const path = targetOf(request.url);
    const fields = request.headers;
    const client = clients.told(fields, () => peerOf(request));
    const protocol = client?.protocol ?? options.protocol;
    const host = client?.host ?? fields.get("host");
    const address = host === null ? null : addresses[protocol].at(host);
    if (address === null) return undefined;
    if (address.purgeStart !== null && path.startsWith(address.purgeStart)) return undefined;
    const target = targetAsked(path, address.options.index);
    const verdict = address.hasRequestRules ? judge(address, target, request, client) : null;
    if (verdict !== null && verdict.act.kind !== "serve") return undefined;
    const entries = memory.peek(
      verdict === null ? target + address.ending : ruledKey(address, target, verdict),
    );
    if (entries === undefined) return undefined;
    for (const name of unplainFields) if (fields.has(name)) return undefined;
    if (address.options.underscoreFields === "keep" && hasOddField(fields)) return undefined;
    const asked = verdict === null ? address.plain : askedUnder(verdict, address.plain);
    const entry = select(entries, fields, asked);
    if (entry === undefined) return undefined;
    const at = now();
    const ready = readyAt(entry, at, address.options);
    if (ready === null || ready.body === null) return undefined;
    if (ready.sharedWith !== "everyone" && isWithheld(ready.sharedWith, fields, asked)) return undefined;
    const isConditional = fields.has("if-none-match") || fields.has("if-modified-since");
    const isUnchanged = isConditional && isUnmodified(fields, entry.response, at);
    const part = isUnchanged || !fields.has("range") ? null : partOf(entry, fields);
    if (part === undefined) return undefined;
    const body = isUnchanged ? unchanged(ready.body) : hitBody(ready, ready.body, part, files);
    if (body === undefined) return undefined;
    const status = isUnchanged ? 304 : part === null ? ready.status : 206;
    const bytes = isUnchanged ? 0 : part === null ? ready.size : part.end - part.start;
    entry.hits++;
    options.onHit(address.served.site, address.plain, path, status, bytes, at);
    options.onServed?.({
      at,
      ...(address.served.site.name === "" ? {} : { site: address.served.site.name }),
      cache: "HIT",
      reason: "hit-fresh",
      status,
      method: "GET",
      host: address.plain.host,
      target: path,
      bytes,
      milliseconds: 0,
      firstByteMilliseconds: 0,
      client: client === null ? peerOf(request) : client.address,
      protocol,
      received: fields,
    });
    const headers = isUnchanged ? notModifiedHeadersAt(entry, ready, at, address.options) : ready.headers;
    const response = new Response(body, { status, headers });
    // The fields of the answer are a copy.
    if (part !== null) response.headers.set("content-range", contentRange(part.start, part.end, ready.size));
    return response;
  };

  function judge(
    { served, plain }: Address,
    target: string,
    request: Request,
    client: ClientFacts | null,
  ): RequestVerdict {
    judged.target = target;
    judged.host = plain.host;
    judged.protocol = plain.protocol;
    judged.fields = request.headers;
    judged.request = request;
    judged.client = client;
    return served.site.forRequest(judged);
  }

  function askedUnder(verdict: RequestVerdict, { host, protocol }: Asked): Asked {
    ruled.host = host;
    ruled.protocol = protocol;
    ruled.counts = verdict;
    return ruled;
  }

  function unchanged(body: Sendable): null | undefined {
    return isHeld(body, files) ? null : undefined;
  }
}

const nothing: Asked["counts"] = {
  changes: { set: [], remove: [] },
  foldsEncodings: false,
  areCookiesKeyed: false,
};

/** A request as the rules of its site ask for it, to be filled in. */
function createJudged(peerOf: HitOptions["peerOf"]) {
  const judged = {
    method: "GET",
    target: "",
    host: "",
    protocol: "http" as Scheme,
    fields: new Headers(),
    request: null as Request | null,
    client: null as ClientFacts | null,
    clientAddress: () => {
      const { request, client } = judged;
      return client !== null ? client.address : request === null ? null : peerOf(request);
    },
  };
  return judged;
}

/** Whether the request tells who sends it, by a field for which the response may be withheld; the long way looks closer. */
function isWithheld(sharedWith: Audience, fields: Headers, { counts }: Asked): boolean {
  for (const name of identityFields) if (fields.has(name)) return true;
  if (sharedWith !== "anonymous") return false;
  return fields.has("authorization") || (fields.has("cookie") && !counts.areCookiesKeyed);
}

/** The one part that is asked for; null for the whole, undefined when the long way must tell. */
function partOf({ response }: MemoryEntry<Ready>, fields: Headers): Part | null | undefined {
  const range = decideRange("GET", fields, response);
  if (range.kind === "whole") return null;
  return range.kind === "parts" && range.parts.length === 1 ? range.parts[0] : undefined;
}

/** `selectVariant` for the fields that would be sent: see `fieldsToSend`. Undefined sends it the long way. */
function select(
  entries: readonly MemoryEntry<Ready>[],
  fields: Headers,
  asked: Asked,
): MemoryEntry<Ready> | undefined {
  // What is sent instead of the client's fields, the long way works out.
  if (hasChanges(asked) && entries.some(({ response }) => response.policy.vary.length > 0)) return undefined;
  let plain: MemoryEntry<Ready> | undefined;
  for (const entry of entries) {
    const { ready } = entry;
    if (ready !== undefined && ready.matchedValues === ofAnyRequest) {
      plain ??= entry;
      continue;
    }
    const { policy, variantKey: stored } = entry.response;
    if (ready !== undefined && matchesAsBefore(ready, policy.vary, fields, asked)) return entry;
    if (!policy.vary.every(isTellable)) return undefined;
    if (variantKey(policy.vary, toSend(fields, asked)) !== stored) continue;
    if (ready !== undefined) ready.matchedValues = valuesOf(policy.vary, fields, asked);
    if (policy.vary.length > 0) return entry;
    plain ??= entry;
  }
  return entries.length === 1 && plain !== undefined ? plain : selectVariant(entries, toSend(fields, asked));
}

function toSend(fields: Headers, asked: Asked) {
  return { get: (name: string) => valueToSend(fields, name, asked, asked.counts.foldsEncodings) };
}

function hasChanges({ counts: { changes } }: Asked): boolean {
  return changes.cookie !== undefined || changes.set.length > 0 || changes.remove.length > 0;
}

/** Whether the fields named by Vary hold what they held in a request that matched: no need to know what it means. */
function matchesAsBefore(
  { matchedValues }: Ready,
  vary: readonly string[],
  fields: Headers,
  asked: Asked,
): boolean {
  if (matchedValues === null) return false;
  const { foldsEncodings } = asked.counts;
  for (let index = 0; index < vary.length; index++) {
    if (matchedValues[index] !== valueToSend(fields, vary[index] ?? "", asked, foldsEncodings)) return false;
  }
  return true;
}

/** What no fields hold: one list for all responses without Vary, to be known by sight. */
const ofAnyRequest: readonly never[] = [];

function valuesOf(vary: readonly string[], fields: Headers, asked: Asked): readonly (string | null)[] {
  const { get } = toSend(fields, asked);
  return vary.length === 0 ? ofAnyRequest : vary.map(get);
}

/** Whether the name of a field has more than letters, digits and hyphens. */
function hasOddField(fields: Headers): boolean {
  for (const name of fields.keys()) if (judgedName(name) !== name) return true;
  return false;
}
