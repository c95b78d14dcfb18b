import { currentAge, remainingLifetime } from "../rules/freshness.ts";
import type { Policy } from "../rules/policy.ts";
import { notModifiedFields } from "../rules/preconditions.ts";
import type { MemoryEntry } from "../store/memory.ts";
import { answerHeaders, keyed, renewHeaders, type Telling } from "./answer.ts";
import type { ServeOptions } from "./context.ts";

/** A stored response ready to be sent: nothing is left to do but to renew its age once a second. */
export interface Ready {
  /** Null where the response may not be answered here: then it goes the long way. */
  readonly body: Blob | null;
  /** Of the whole response, and bytes of its body: here so that a hit need not touch the stored response itself. */
  readonly status: number;
  readonly size: number;
  readonly vary: readonly string[];
  readonly headers: Headers;
  /** Those of a 304; made when one is first asked for. */
  notModifiedHeaders: Headers | null;
  /** Milliseconds since the epoch between which the headers are right. */
  validFrom: number;
  validUntil: number;
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
  const telling = tellingOf(entry, at, options);
  const age = currentAge(policy, at);
  if (ready === undefined) {
    const headers = answerHeaders(fields, telling, age);
    entry.ready = {
      body: sendable(entry),
      status: entry.response.status,
      size: entry.response.size,
      vary: policy.vary,
      headers,
      notModifiedHeaders: null,
      matchedValues: null,
      ...valid(policy, at),
    };
    return entry.ready;
  }
  // Answers that are under way have copies of their own.
  renewHeaders(ready.headers, fields, telling, age);
  if (ready.notModifiedHeaders !== null) renewHeaders(ready.notModifiedHeaders, fields, telling, age);
  return Object.assign(ready, valid(policy, at));
}

/** The age changes when a whole second has passed since the response came. */
function valid({ responseAt }: Policy, at: number) {
  return { validFrom: at, validUntil: at + 1000 - ((at - responseAt) % 1000) };
}

/** The fields of a 304 instead of what is ready at this instant. */
export function notModifiedHeadersAt(entry: Entry, ready: Ready, at: number, options: Options): Headers {
  const { policy, fields } = entry.response;
  ready.notModifiedHeaders ??= answerHeaders(
    notModifiedFields(fields),
    tellingOf(entry, at, options),
    currentAge(policy, at),
  );
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
