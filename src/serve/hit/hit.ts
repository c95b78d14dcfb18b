import { type ClientFacts, isTellable, valueToSend } from "../../origin/request.ts";
import { normalAuthority, type Scheme } from "../../rules/authority.ts";
import { primaryKey } from "../../rules/cache-key.ts";
import { judgedName } from "../../rules/fields.ts";
import { identityFields } from "../../rules/identity.ts";
import type { Audience } from "../../rules/policy.ts";
import { isUnmodified } from "../../rules/preconditions.ts";
import { contentRange, decideRange, type Part } from "../../rules/range.ts";
import { targetAsked, targetOf } from "../../rules/target.ts";
import { selectVariant, variantKey } from "../../rules/vary.ts";
import type { MemoryStore } from "../../store/memory/memory-store.ts";
import type { MemoryEntry } from "../../store/memory/entry.ts";
import type { OpenFiles } from "../../store/disk/open-files.ts";
import { hitBody, isHeld } from "./hit-body.ts";
import type { OnServed } from "../answer/outcome.ts";
import { notModifiedHeadersAt, type Ready, readyAt, type Sendable } from "./ready.ts";

export interface HitOptions {
  readonly memory: MemoryStore<Ready>;
  /** For bodies of which memory knows no more than the file. */
  readonly files: OpenFiles;
  /** By which clients reach this server. */
  readonly protocol: Scheme;
  /** See origin/request: what is kept of odd fields is for the long way to tell. */
  readonly underscoreFields: "drop" | "keep";
  /** Tells clients the cache key. */
  readonly showKey: boolean;
  /** What "/" asks for instead, without slash; null for "/" itself. */
  readonly index: string | null;
  readonly now: () => number;
  /** Told of each hit: bytes of the body. */
  readonly onHit: (bytes: number) => void;
  /** For the log; null when there is none. */
  readonly onServed: OnServed | null;
  /** For the log; called only when there is one. */
  readonly clientAddress: (request: Request) => string | null;
}

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
];

/**
 * The short cut for what a cache mostly does: a GET of a fresh response that memory knows, plain, conditional or for
 * one range. Synchronous; undefined when the request must go the long way, which would give the same bytes.
 */
export function createHit(options: HitOptions): (request: Request) => Response | undefined {
  const { memory, files, protocol, now } = options;
  const keepsOddFields = options.underscoreFields === "keep";
  /** The host of the last request, as it was sent and as it is keyed. */
  let knownHost: string | null = null;
  let knownClient: Client = { host: "", protocol };

  /** Null when it is no host: a matter for the guard. */
  function clientAt(host: string): Client | null {
    if (host === knownHost) return knownClient;
    const normal = normalAuthority(host, protocol);
    if (normal === null) return null;
    knownHost = host;
    knownClient = { host: normal, protocol };
    return knownClient;
  }

  return function hit(request) {
    if (request.method !== "GET") return undefined;
    const path = targetOf(request.url);
    const target = targetAsked(path, options.index);
    const fields = request.headers;
    const host = fields.get("host");
    const client = host === null ? null : clientAt(host);
    if (client === null) return undefined;
    const entries = memory.peek(primaryKey({ host: client.host, target }));
    if (entries === undefined) return undefined;
    for (const name of unplainFields) if (fields.has(name)) return undefined;
    if (keepsOddFields && hasOddField(fields)) return undefined;
    const entry = select(entries, fields, client);
    if (entry === undefined) return undefined;
    const at = now();
    const ready = readyAt(entry, at, options);
    if (ready === null || ready.body === null) return undefined;
    if (ready.sharedWith !== "everyone" && isWithheld(ready.sharedWith, fields)) return undefined;
    const isConditional = fields.has("if-none-match") || fields.has("if-modified-since");
    const isUnchanged = isConditional && isUnmodified(fields, entry.response, at);
    const part = isUnchanged || !fields.has("range") ? null : partOf(entry, fields);
    if (part === undefined) return undefined;
    const body = isUnchanged ? unchanged(ready.body) : hitBody(ready, ready.body, part, files);
    if (body === undefined) return undefined;
    const status = isUnchanged ? 304 : part === null ? ready.status : 206;
    const bytes = isUnchanged ? 0 : part === null ? ready.size : part.end - part.start;
    options.onHit(bytes);
    options.onServed?.({
      at,
      cache: "HIT",
      reason: "hit-fresh",
      status,
      method: "GET",
      target: path,
      bytes,
      milliseconds: 0,
      firstByteMilliseconds: 0,
      client: options.clientAddress(request),
      protocol,
      received: fields,
    });
    const headers = isUnchanged ? notModifiedHeadersAt(entry, ready, at, options) : ready.headers;
    const response = new Response(body, { status, headers });
    // The fields of the answer are a copy.
    if (part !== null) response.headers.set("content-range", contentRange(part.start, part.end, ready.size));
    return response;
  };

  function unchanged(body: Sendable): null | undefined {
    return isHeld(body, files) ? null : undefined;
  }
}

/** Whether the request tells who sends it, by a field for which the response may be withheld; the long way looks closer. */
function isWithheld(sharedWith: Audience, fields: Headers): boolean {
  for (const name of identityFields) if (fields.has(name)) return true;
  return sharedWith === "anonymous" && (fields.has("cookie") || fields.has("authorization"));
}

/** The one part that is asked for; null for the whole, undefined when the long way must tell. */
function partOf({ response }: MemoryEntry<Ready>, fields: Headers): Part | null | undefined {
  const range = decideRange("GET", fields, response);
  if (range.kind === "whole") return null;
  return range.kind === "parts" && range.parts.length === 1 ? range.parts[0] : undefined;
}

type Client = Pick<ClientFacts, "host" | "protocol">;

/** `selectVariant` for the fields that would be sent: see `fieldsToSend`. Undefined sends it the long way. */
function select(
  entries: readonly MemoryEntry<Ready>[],
  fields: Headers,
  client: Client,
): MemoryEntry<Ready> | undefined {
  let plain: MemoryEntry<Ready> | undefined;
  for (const entry of entries) {
    const { ready } = entry;
    if (ready !== undefined && ready.matchedValues === ofAnyRequest) {
      plain ??= entry;
      continue;
    }
    const { policy, variantKey: stored } = entry.response;
    if (ready !== undefined && matchesAsBefore(ready, policy.vary, fields, client)) return entry;
    if (!policy.vary.every(isTellable)) return undefined;
    if (variantKey(policy.vary, toSend(fields, client)) !== stored) continue;
    if (ready !== undefined) ready.matchedValues = valuesOf(policy.vary, fields, client);
    if (policy.vary.length > 0) return entry;
    plain ??= entry;
  }
  return entries.length === 1 && plain !== undefined ? plain : selectVariant(entries, toSend(fields, client));
}

function toSend(fields: Headers, client: Client) {
  return { get: (name: string) => valueToSend(fields, name, client) };
}

/** Whether the fields named by Vary hold what they held in a request that matched: no need to know what it means. */
function matchesAsBefore(
  { matchedValues }: Ready,
  vary: readonly string[],
  fields: Headers,
  client: Client,
): boolean {
  if (matchedValues === null) return false;
  for (let index = 0; index < vary.length; index++) {
    if (matchedValues[index] !== valueToSend(fields, vary[index] ?? "", client)) return false;
  }
  return true;
}

/** What no fields hold: one list for all responses without Vary, to be known by sight. */
const ofAnyRequest: readonly never[] = [];

function valuesOf(vary: readonly string[], fields: Headers, client: Client): readonly (string | null)[] {
  return vary.length === 0 ? ofAnyRequest : vary.map((name) => valueToSend(fields, name, client));
}

/** Whether the name of a field has more than letters, digits and hyphens. */
function hasOddField(fields: Headers): boolean {
  for (const name of fields.keys()) if (judgedName(name) !== name) return true;
  return false;
}
