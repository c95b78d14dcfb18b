import { z } from "zod";

/** How many of the last requests each worker keeps. */
export const requestsKept = 10_000;

/** One answered request, as it is remembered. */
export const recordedRequestSchema = z.strictObject({
  /** The number of the worker, and which of its requests it was: "2-4711". */
  id: z.string(),
  /** When it came: milliseconds since the epoch. */
  at: z.number(),
  /** The site's name; "" for the one that is made of the flags, and where no site answers. */
  site: z.string(),
  /** HIT, MISS, STALE, … */
  cache: z.string(),
  /** Why the cache did what it did, as rules/reason names it. */
  reason: z.string(),
  /** Why the origin was asked; null where it was not. */
  forwarded: z.string().nullable(),
  status: z.int(),
  method: z.string(),
  protocol: z.string(),
  /** As it is keyed; "" where the client named none. */
  host: z.string(),
  /** Path and query as the client sent them, of a long one the beginning. */
  target: z.string(),
  /** Whether the target was longer than that. */
  isCut: z.boolean(),
  /** Of the answer's body. */
  bytes: z.number(),
  milliseconds: z.number(),
  /** Until the first byte was handed over. */
  firstByteMilliseconds: z.number(),
  /** The client's address; null where it is not known, as for a hit out of memory, for which nobody asks it. */
  client: z.string().nullable(),
});
export type RecordedRequest = Readonly<z.infer<typeof recordedRequestSchema>>;

/** How far a worker's requests have been told: all before the one of that count. Each life of a worker counts anew. */
const positionSchema = z.strictObject({ life: z.string(), before: z.int().nonnegative() });
export type Position = Readonly<z.infer<typeof positionSchema>>;

/** See request-filter; "" is every request. */
const where = z.string().max(2000);
const limit = z.int().min(1).max(requestsKept);

/** The last requests that are so, the newest first. */
export const requestsQuestionSchema = z.strictObject({ about: z.literal("requests"), where, limit });
export const requestsAnswerSchema = z.strictObject({
  about: z.literal("requests"),
  requests: z.array(recordedRequestSchema),
});

/** The requests since then that are so, the oldest first; without positions none, only how far they go. */
export const newRequestsQuestionSchema = z.strictObject({
  about: z.literal("newRequests"),
  where,
  limit,
  positions: z.array(positionSchema).nullable(),
});
export const newRequestsAnswerSchema = z.strictObject({
  about: z.literal("newRequests"),
  requests: z.array(recordedRequestSchema),
  /** How far they go now. */
  position: positionSchema,
  /** How many were not looked at or not told, because they were too many for who follows. */
  missed: z.int().nonnegative(),
});

export const requestsSchema = z.object({ requests: z.array(recordedRequestSchema) });
