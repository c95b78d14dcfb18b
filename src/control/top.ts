import { z } from "zod";

/** What is remembered of late fades: what is told of it is about the sum of so many milliseconds. */
export const OF_LATE_MILLISECONDS = 300_000;
/** Rates are told over so many seconds. */
export const WINDOW_SECONDS = [10, 100, 1000] as const;

const amount = z.number().nonnegative();

/** URLs that were asked of the origin most often, with why the last answer was not stored, or how it was. */
const missedSchema = z.array(z.strictObject({ url: z.string(), times: amount, reason: z.string() }));
/** Paths, without their query, for which the origin took longest in all. */
const slowestSchema = z.array(
  z.strictObject({ path: z.string(), times: amount, milliseconds: amount, longest: amount }),
);
/** Why the origin was asked and what became of its answer, with the time it took. */
const costsSchema = z.array(
  z.strictObject({ forwarded: z.string(), reason: z.string(), times: amount, milliseconds: amount }),
);

/** What requests have cost the origin of late: see `OF_LATE_MILLISECONDS`. */
export const originCostsSchema = z.strictObject({
  missed: missedSchema,
  slowest: slowestSchema,
  costs: costsSchema,
});
export type OriginCosts = z.infer<typeof originCostsSchema>;

/** How busy a worker is. Times are since it began. */
export const workerLoadSchema = z.strictObject({
  requests: amount,
  processorMilliseconds: amount,
  /** What the system holds for it in memory. */
  residentBytes: amount,
});
export type WorkerLoad = z.infer<typeof workerLoadSchema>;

/** What came in a second, over a while. */
const windowSchema = z.object({
  /** Over how many seconds that should be, and for how many it is known. */
  seconds: z.number(),
  covered: amount,
  requests: amount,
  bytes: amount,
  /** For so many the origin was asked; refreshes in the background are not among them. */
  asked: amount,
  /** So many were answered without asking it, and so many bytes came from what is stored. */
  spared: amount,
  sparedBytes: amount,
  /** By what the cache did: HIT, MISS, … */
  outcomes: z.record(z.string(), amount),
});
export type RateWindow = z.infer<typeof windowSchema>;

const topWorkerSchema = z.object({
  number: z.number(),
  pid: z.number().optional(),
  state: z.string(),
  deaths: z.number(),
  /** Over the shortest of the windows; absent while it is not known. */
  requests: amount.optional(),
  /** Shares of one processor. */
  processor: amount.optional(),
  residentBytes: amount.optional(),
});
export type TopWorker = z.infer<typeof topWorkerSchema>;

/** What `cacheproxy top` draws. */
export const topSchema = originCostsSchema.extend({
  /** Milliseconds since the epoch. */
  now: z.number(),
  startedAt: z.number(),
  windows: z.array(windowSchema),
  /** Requests in a second, of equal stretches of the longest window, the latest last. */
  history: z.array(amount),
  workers: z.array(topWorkerSchema),
  store: z.object({ objects: z.number(), bytes: z.number(), maxBytes: z.number() }),
});
export type Top = z.infer<typeof topSchema>;
