import { hostField, isRewritten } from "../origin/request.ts";
import { primaryKey } from "../rules/cache-key.ts";
import { currentAge, remainingLifetime } from "../rules/freshness.ts";
import { selectVariant, variantKey } from "../rules/vary.ts";
import type { MemoryEntry, MemoryStore } from "../store/memory.ts";
import { answerHeaders, keyed } from "./answer.ts";
import { isHost } from "./guard.ts";
import { targetOf } from "./inbound.ts";
import type { OnServed } from "./outcome.ts";

/** A stored response ready to be sent: nothing is left to do but to renew its age once a second. */
export interface Ready {
  /** Null where the response may not be answered here: then it goes the long way. */
  readonly body: Blob | null;
  headers: Headers;
  /** Milliseconds since the epoch between which `headers` are right. */
  validFrom: number;
  validUntil: number;
}

export interface HitOptions {
  readonly memory: MemoryStore<Ready>;
  /** The Host is part of the key. */
  readonly preserveHost: boolean;
  /** Tells clients the cache key. */
  readonly showKey: boolean;
  /** What "/" asks for instead, without slash; null for "/" itself. */
  readonly index: string | null;
  readonly now: () => number;
  readonly onServed: OnServed | null;
  /** For the log; called only when there is one. */
  readonly clientAddress: (request: Request) => string | null;
}

/** Fields with which a request is not plain: preconditions, ranges and directives are for the long way. */
const unplainFields = [
  "cache-control",
  "pragma",
  "range",
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-unmodified-since",
  "content-length",
  "transfer-encoding",
  "cdn-loop",
];

/**
 * The short cut for what a cache mostly does: a plain GET of a fresh response in memory. Synchronous; undefined when
 * the request must go the long way, which would give the same bytes.
 */
export function createHit(options: HitOptions): (request: Request) => Response | undefined {
  const { memory, preserveHost, now } = options;
  /** The host of the last request, as it was sent, and what a stored response's variant key says of it. */
  let knownHost = "";
  let knownLine = "";

  /** False when it is no host: a matter for the guard. */
  function know(host: string): boolean {
    if (host === knownHost) return true;
    if (!isHost(host)) return false;
    knownHost = host;
    knownLine = variantKey([hostField], { get: () => host.toLowerCase() });
    return true;
  }

  return function hit(request) {
    if (request.method !== "GET") return undefined;
    const { url } = request;
    const path = targetOf(url);
    const target = path === "/" && options.index !== null ? `/${options.index}` : path;
    const fields = request.headers;
    const host = fields.get("host");
    if (host === null || !know(host)) return undefined;
    const entries = memory.peek(primaryKey({ host: preserveHost ? host : null, target }));
    if (entries === undefined) return undefined;
    for (const name of unplainFields) if (fields.has(name)) return undefined;
    const entry = select(entries, fields, knownHost, knownLine);
    if (entry === undefined) return undefined;
    const at = now();
    const ready = readyAt(entry, at, options);
    if (ready === null || ready.body === null) return undefined;
    options.onServed?.({
      at,
      cache: "HIT",
      reason: "hit-fresh",
      status: entry.response.status,
      method: "GET",
      target: path,
      bytes: entry.response.size,
      milliseconds: 0,
      client: options.clientAddress(request),
    });
    return new Response(ready.body, { status: entry.response.status, headers: ready.headers });
  };
}

/** `selectVariant` for the believed fields of a request: see `believedFields`. Undefined sends it the long way. */
function select(
  entries: readonly MemoryEntry<Ready>[],
  fields: Headers,
  host: string,
  hostLine: string,
): MemoryEntry<Ready> | undefined {
  for (const entry of entries) {
    const { policy, variantKey: stored } = entry.response;
    const [name, ...others] = policy.vary;
    if (others.length > 0 || (name !== undefined && name !== hostField))
      return selectAmong(entries, fields, host);
    if (name === undefined || stored === hostLine) return entry;
  }
  return undefined;
}

function selectAmong(
  entries: readonly MemoryEntry<Ready>[],
  fields: Headers,
  host: string,
): MemoryEntry<Ready> | undefined {
  const names = entries.flatMap((entry) => entry.response.policy.vary);
  if (names.some((name) => name !== hostField && isRewritten(name))) return undefined;
  return selectVariant(entries, {
    get: (name) => (name === hostField ? host.toLowerCase() : fields.get(name)),
  });
}

/** The entry with fields that are right at this instant, or null when it is not fresh. */
function readyAt(entry: MemoryEntry<Ready>, at: number, options: Pick<HitOptions, "showKey">): Ready | null {
  const ready = entry.ready;
  if (ready !== undefined && at < ready.validUntil && at >= ready.validFrom) return ready;
  const { policy, primaryKey: key } = entry.response;
  const timeToLive = remainingLifetime(policy, at);
  if (timeToLive <= 0 || policy.revalidateAlways) return null;
  const facts = { hit: true, timeToLive };
  const telling = keyed(options, key, { word: "HIT", reason: "hit-fresh", facts });
  const age = currentAge(policy, at);
  entry.ready = {
    body: ready === undefined ? sendable(entry) : ready.body,
    headers: answerHeaders(entry.response.fields, telling, age),
    validFrom: at,
    // The age changes when a whole second has passed since the response came.
    validUntil: at + 1000 - ((at - policy.responseAt) % 1000),
  };
  return entry.ready;
}

/** Bun's server gives a blob without Content-Type one of its own, so that such responses go the long way. */
function sendable(entry: MemoryEntry<Ready>): Blob | null {
  const { response, body } = entry;
  if (body.kind !== "memory" || response.status === 204 || response.size === 0) return null;
  return response.fields.some(([name]) => name === "content-type") ? new Blob([body.bytes]) : null;
}
