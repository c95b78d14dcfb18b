import { currentAge, remainingLifetime } from "../rules/freshness.ts";
import { notModifiedFields } from "../rules/preconditions.ts";
import type { MemoryEntry } from "../store/memory.ts";
import { answerHeaders, keyed, type Telling } from "./answer.ts";
import type { ServeOptions } from "./context.ts";

/** A stored response ready to be sent: nothing is left to do but to renew its age once a second. */
export interface Ready {
  /** Null where the response may not be answered here: then it goes the long way. */
  readonly body: Blob | null;
  readonly headers: Headers;
  /** Those of a 304; made when one is first asked for. */
  notModifiedHeaders: Headers | null;
  /** Milliseconds since the epoch between which the headers are right. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** What the fields named by Vary held in the last request found to match exactly; null before one was. */
  matchedValues: readonly (string | null)[] | null;
}

type Entry = MemoryEntry<Ready>;
type Options = Pick<ServeOptions, "showKey">;

/** The entry with fields that are right at this instant, or null when it is not fresh. */
export function readyAt(entry: Entry, at: number, options: Options): Ready | null {
  const { ready } = entry;
  if (ready !== undefined && at < ready.validUntil && at >= ready.validFrom) return ready;
  const { policy, fields } = entry.response;
  if (remainingLifetime(policy, at) <= 0 || policy.revalidateAlways) return null;
  entry.ready = {
    body: ready === undefined ? sendable(entry) : ready.body,
    headers: answerHeaders(fields, tellingOf(entry, at, options), currentAge(policy, at)),
    notModifiedHeaders: null,
    validFrom: at,
    // The age changes when a whole second has passed since the response came.
    validUntil: at + 1000 - ((at - policy.responseAt) % 1000),
    matchedValues: ready?.matchedValues ?? null,
  };
  return entry.ready;
}

/** The fields of a 304 instead of what is ready at this instant. */
export function notModifiedHeadersAt(entry: Entry, ready: Ready, at: number, options: Options): Headers {
  const { policy, fields } = entry.response;
  const telling = () => tellingOf(entry, at, options);
  ready.notModifiedHeaders ??= answerHeaders(notModifiedFields(fields), telling(), currentAge(policy, at));
  return ready.notModifiedHeaders;
}

function tellingOf({ response }: Entry, at: number, options: Options): Telling {
  const facts = { hit: true, timeToLive: remainingLifetime(response.policy, at) };
  return keyed(options, response.primaryKey, { word: "HIT", reason: "hit-fresh", facts });
}

/** Bun's server gives a blob without Content-Type one of its own, so that such responses go the long way. */
function sendable({ response, body }: Entry): Blob | null {
  if (body.kind !== "memory" || response.status === 204 || response.size === 0) return null;
  return response.fields.some(([name]) => name === "content-type") ? new Blob([body.bytes]) : null;
}
