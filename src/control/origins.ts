import { z } from "zod";
import { waitSchema } from "./overview.ts";

/** What is known of each origin: by one worker, and by all of them. */

const count = z.int().nonnegative();
const amount = z.number().nonnegative();

/** What a request to an origin came to, that was sent for a client. */
const originOutcomeSchema = z.strictObject({
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** Of its answer; null where there was none. */
  status: z.int().nullable(),
  /** Why there was none, in a name of rules/reason. */
  reason: z.string().nullable(),
  /** Until the head of the answer was there, or until it was known that there will be none. */
  milliseconds: amount,
});
export type OriginOutcome = Readonly<z.infer<typeof originOutcomeSchema>>;

/** How a worker sees an origin. */
const viewSchema = z.strictObject({
  state: z.enum(["trusted", "left-alone", "tried"]),
  /** Failures in a row, of which three have it left alone. */
  failures: count,
  /** Milliseconds until one request may try it; 0 where it is trusted. */
  restsFor: amount,
  /** Requests that wait for the head of its answer. */
  waiting: count,
});

const originViewSchema = viewSchema.extend({
  site: z.string(),
  /** Its address, without credentials. */
  name: z.string(),
  /** The last of them, the newest first. */
  latest: z.array(originOutcomeSchema),
});
export type OriginView = Readonly<z.infer<typeof originViewSchema>>;

export const originViewsAnswerSchema = z.strictObject({
  about: z.literal("originViews"),
  origins: z.array(originViewSchema),
});

const originSchema = z.strictObject({
  name: z.string(),
  /** The worst that a worker sees. */
  state: viewSchema.shape.state,
  workers: z.array(viewSchema.extend({ worker: z.int() })),
  /** Since the start, as /metrics counts: answers by the class of their status, requests without one by why, bytes of bodies. */
  answers: z.record(z.string(), amount),
  failures: z.record(z.string(), amount),
  receivedBytes: amount,
  /** How long the head of an answer took since the start. */
  firstByte: waitSchema,
  latest: z.array(originOutcomeSchema),
});
export type OriginTold = Readonly<z.infer<typeof originSchema>>;

/** GET /origins. */
export const originsSchema = z.strictObject({
  /** Nobody is asked: --offline. */
  isOffline: z.boolean(),
  sites: z.array(
    z.strictObject({
      /** "" of the one that is made of the flags. */
      site: z.string(),
      balance: z.string(),
      /** The path by which they are asked whether they are well; null where only their answers tell. */
      health: z.string().nullable(),
      origins: z.array(originSchema),
    }),
  ),
});
export type OriginsTold = Readonly<z.infer<typeof originsSchema>>;
