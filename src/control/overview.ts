import { z } from "zod";

/** What is going on, at one look: what the operator's page asks for again and again. */

const amount = z.number().nonnegative();

/** Counted since the start, or in a second of late. */
const flowSchema = z.strictObject({
  /** By what the cache did: HIT, MISS, … */
  outcomes: z.record(z.string(), amount),
  sentBytes: amount,
  /** Of bodies that clients got and the origin did not send for them. */
  savedBytes: amount,
});
export type Flow = Readonly<z.infer<typeof flowSchema>>;

/** In milliseconds: half were as quick, and 99 of 100. Each is the upper bound of a bucket; null while there was none. */
export const waitSchema = z.strictObject({ median: amount.nullable(), slowest: amount.nullable() });
export type Wait = Readonly<z.infer<typeof waitSchema>>;

const waitsSchema = z.strictObject({
  /** Hits from memory by the short way. */
  hit: waitSchema,
  /** Until the head of an origin's answer was there. */
  origin: waitSchema,
});

const amounts = z.array(amount);
const waitColumnsSchema = z.strictObject({
  median: z.array(amount.nullable()),
  slowest: z.array(amount.nullable()),
});

/** How it was of late, in stretches of equal length, the latest last: each list has a place for each of them. */
const historySchema = z.strictObject({
  /** Their ends: milliseconds since the epoch. */
  at: z.array(z.number()),
  /** In a second. */
  outcomes: z.record(z.string(), amounts),
  sentBytes: amounts,
  savedBytes: amounts,
  hit: waitColumnsSchema,
  origin: waitColumnsSchema,
});
export type History = Readonly<z.infer<typeof historySchema>>;

const tierSchema = z.strictObject({ bytes: amount, limit: amount, objects: amount });

/** Since the start, of one site; "" of the one that is made of the flags. */
const siteSchema = z.strictObject({
  site: z.string(),
  requests: amount,
  hits: amount,
  sentBytes: amount,
  savedBytes: amount,
});
export type SiteSums = Readonly<z.infer<typeof siteSchema>>;

/** GET /overview. Its sums are those of /metrics. */
export const overviewSchema = z.object({
  /** Milliseconds since the epoch. */
  now: z.number(),
  startedAt: z.number(),
  version: z.string(),
  health: z.strictObject({ status: z.enum(["ok", "degraded"]), reasons: z.array(z.string()).readonly() }),
  /** Since the start. */
  totals: flowSchema,
  /** The busiest first. */
  sites: z.array(siteSchema),
  /** In a second, over the last ten or so. */
  present: flowSchema,
  /** Of the last minute. */
  waits: waitsSchema,
  /** What is going on at this moment. */
  running: z.strictObject({ requests: amount, fills: amount, waiting: amount, websockets: amount }),
  store: z.strictObject({ disk: tierSchema, memory: tierSchema }),
  /** Of some fifteen minutes. */
  history: historySchema,
});
export type Overview = Readonly<z.infer<typeof overviewSchema>>;
