import { cacheStatus } from "../../rules/cache-status.ts";
import { currentAge, remainingLifetime } from "../../rules/freshness.ts";
import type { Audience, Policy } from "../../rules/policy.ts";
import { notModifiedFields } from "../../rules/preconditions.ts";
import { remembered } from "../../rules/remembered.ts";
import type { FileBody, MemoryEntry } from "../../store/memory/entry.ts";
import {
  answerHeaders,
  fieldOf,
  told,
  renewHeaders,
  type Telling,
  withoutTags,
  withReason,
} from "../answer/answer.ts";
import type { ServeOptions } from "../context.ts";
import { keepFileNameless } from "../answer/stored-body.ts";

/** A stored response ready to be sent: nothing is left to do but to renew its age once a second. */
export interface Ready {
  /** Null where the response may not be answered here: then it goes the long way. */
  readonly body: Sendable | null;
  /** Of the whole response, and bytes of its body: here so that a hit need not touch the stored response itself. */
  readonly status: number;
  readonly size: number;
  readonly sharedWith: Audience;
  readonly headers: Headers;
  /** Whether fields that clients do not get by default are among them: see `withoutTags`. */
  readonly keepsTags: boolean;
  /** Those of a 304; made when one is first asked for. */
  notModifiedHeaders: Headers | null;
  /** Milliseconds since the epoch between which the headers are right. */
  validFrom: number;
  validUntil: number;
  /** What the fields named by Vary held in the last request found to match exactly; null before one was. */
  matchedValues: readonly (string | null)[] | null;
}

export type Sendable = Uint8Array<ArrayBuffer> | Blob | FileBody;

type Entry = MemoryEntry<Ready>;
type Options = Pick<ServeOptions, "showKey" | "keepTags">;

/** The entry with fields that are right at this instant, or null when it is not fresh. */
export function readyAt(entry: Entry, at: number, options: Options): Ready | null {
  const { keepTags } = options;
  // A reload may have changed what clients get.
  const ready = entry.ready?.keepsTags === keepTags ? entry.ready : undefined;
  if (ready !== undefined && at < ready.validUntil && at >= ready.validFrom) return ready;
  const { policy } = entry.response;
  if (remainingLifetime(policy, at) <= 0 || policy.revalidateAlways) return null;
  const age = currentAge(policy, at);
  if (ready === undefined) {
    entry.ready = {
      body: sendable(entry),
      status: entry.response.status,
      size: entry.response.size,
      sharedWith: policy.sharedWith,
      headers: headersOf(entry, at, age, options),
      keepsTags: keepTags,
      notModifiedHeaders: null,
      validFrom: at,
      validUntil: validUntil(policy, at),
      matchedValues: null,
    };
    return entry.ready;
  }
  // Answers that are under way have copies of their own.
  const status = cacheStatusAt(entry, at, options);
  renewHeaders(ready.headers, status, age);
  if (ready.notModifiedHeaders !== null) renewHeaders(ready.notModifiedHeaders, status, age);
  ready.validFrom = at;
  ready.validUntil = validUntil(policy, at);
  return ready;
}

function headersOf(entry: Entry, at: number, age: number, options: Options): Headers {
  const headers = withoutTags(
    answerHeaders(entry.response.fields, tellingOf(entry, at, options), age),
    options,
  );
  keepFileNameless(headers, entry.body, entry.response.size);
  return headers;
}

/** The age changes when a whole second has passed since the response came. */
function validUntil({ responseAt }: Policy, at: number): number {
  return at + 1000 - ((at - responseAt) % 1000);
}

/** The fields of a 304 instead of what is ready at this instant. */
export function notModifiedHeadersAt(entry: Entry, ready: Ready, at: number, options: Options): Headers {
  const { policy, fields } = entry.response;
  ready.notModifiedHeaders ??= withoutTags(
    answerHeaders(notModifiedFields(fields), tellingOf(entry, at, options), currentAge(policy, at)),
    options,
  );
  return ready.notModifiedHeaders;
}

function tellingOf({ response }: Entry, at: number, options: Options): Telling {
  const facts = { hit: true, timeToLive: remainingLifetime(response.policy, at) };
  const telling = { word: "HIT", reason: "hit-fresh", facts } as const;
  return told(options, response.primaryKey, telling, response.policy.rules);
}

/** The Cache-Status of most hits depends on nothing but the remaining lifetime: responses of one age share the text. */
const commonStatus = remembered((timeToLive) => {
  const facts = { hit: true, timeToLive: Number(timeToLive) };
  return cacheStatus(null, withReason({ word: "HIT", reason: "hit-fresh", facts }));
});

function cacheStatusAt(entry: Entry, at: number, options: Options): string {
  const { fields, policy } = entry.response;
  const upstream = fieldOf(fields, "cache-status");
  if (upstream === null && !options.showKey && policy.rules === undefined)
    return commonStatus(String(remainingLifetime(policy, at)));
  return cacheStatus(upstream, withReason(tellingOf(entry, at, options)));
}

/** Up to here it costs less to copy the bytes into each answer than to hold a blob of them. */
const mostCopiedBytes = 16 * 1024;

/** Bun's server gives a blob without Content-Type one of its own, so that such responses go the long way. */
function sendable(entry: Entry): Sendable | null {
  const { response, body } = entry;
  if (response.status === 204 || response.size === 0) return null;
  if ((fieldOf(response.fields, "content-type") ?? "") === "") return null;
  if (body.kind === "file") return body;
  if (body.kind === "blob") return body.blob;
  if (response.size <= mostCopiedBytes) return body.bytes;
  // Instead of the bytes: a blob is a copy of them.
  const blob = new Blob([body.bytes]);
  entry.body = { kind: "blob", blob };
  return blob;
}
