import { hostField, isRewritten } from "../origin/request.ts";
import { primaryKey } from "../rules/cache-key.ts";
import { evaluatePreconditions } from "../rules/preconditions.ts";
import { selectVariant, variantKey } from "../rules/vary.ts";
import type { MemoryEntry, MemoryStore } from "../store/memory.ts";
import { isHost } from "./guard.ts";
import { targetOf } from "./inbound.ts";
import type { OnServed } from "./outcome.ts";
import { notModifiedHeadersAt, type Ready, readyAt } from "./ready.ts";

export interface HitOptions {
  readonly memory: MemoryStore<Ready>;
  /** The Host is part of the key. */
  readonly preserveHost: boolean;
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

/** Fields with which a request is not plain: ranges, directives and rare preconditions are for the long way. */
const unplainFields = [
  "cache-control",
  "pragma",
  "range",
  "if-match",
  "if-unmodified-since",
  "content-length",
  "transfer-encoding",
  "cdn-loop",
];

/**
 * The short cut for what a cache mostly does: a plain or conditional GET of a fresh response in memory. Synchronous;
 * undefined when the request must go the long way, which would give the same bytes.
 */
export function createHit(options: HitOptions): (request: Request) => Response | undefined {
  const { memory, preserveHost, now } = options;
  /** The host of the last request, as it was sent and as it is believed. */
  let knownHost = "";
  let believedHost = "";

  /** False when it is no host: a matter for the guard. */
  function know(host: string): boolean {
    if (host === knownHost) return true;
    if (!isHost(host)) return false;
    knownHost = host;
    believedHost = host.toLowerCase();
    return true;
  }

  return function hit(request) {
    if (request.method !== "GET") return undefined;
    const path = targetOf(request.url);
    const target = path === "/" && options.index !== null ? `/${options.index}` : path;
    const fields = request.headers;
    const host = fields.get("host");
    if (host === null || !know(host)) return undefined;
    const entries = memory.peek(primaryKey({ host: preserveHost ? host : null, target }));
    if (entries === undefined) return undefined;
    for (const name of unplainFields) if (fields.has(name)) return undefined;
    const entry = select(entries, fields, believedHost);
    if (entry === undefined) return undefined;
    const at = now();
    const ready = readyAt(entry, at, options);
    if (ready === null || ready.body === null) return undefined;
    const isConditional = fields.has("if-none-match") || fields.has("if-modified-since");
    const isUnchanged =
      isConditional && evaluatePreconditions("GET", fields, entry.response, at) === "not-modified";
    const status = isUnchanged ? 304 : ready.status;
    const bytes = isUnchanged ? 0 : ready.size;
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
      client: options.clientAddress(request),
    });
    return isUnchanged
      ? new Response(null, { status, headers: notModifiedHeadersAt(entry, ready, at, options) })
      : new Response(ready.body, { status, headers: ready.headers });
  };
}

/** `selectVariant` for the believed fields of a request: see `believedFields`. Undefined sends it the long way. */
function select(
  entries: readonly MemoryEntry<Ready>[],
  fields: Headers,
  host: string,
): MemoryEntry<Ready> | undefined {
  for (const entry of entries) {
    if (matchesAsBefore(entry, fields, host)) return entry;
    const { policy, variantKey: stored } = entry.response;
    if (policy.vary.some((name) => name !== hostField && isRewritten(name))) return undefined;
    if (policy.vary[0] === "*" || variantKey(policy.vary, believed(fields, host)) !== stored) continue;
    if (entry.ready !== undefined)
      entry.ready.matchedValues = policy.vary.map((name) => believed(fields, host).get(name));
    return entry;
  }
  return selectVariant(entries, believed(fields, host));
}

/** Whether the fields named by Vary hold what they held in a request that matched: no need to know what it means. */
function matchesAsBefore({ ready }: MemoryEntry<Ready>, fields: Headers, host: string): boolean {
  const matched = ready?.matchedValues ?? null;
  return matched?.every((value, index) => value === believedValue(fields, host, ready?.vary[index])) ?? false;
}

function believed(fields: Headers, host: string) {
  return { get: (name: string) => believedValue(fields, host, name) };
}

function believedValue(fields: Headers, host: string, name = ""): string | null {
  return name === hostField ? host : fields.get(name);
}
