import { z } from "zod";

const processSchema = z.looseObject({ pid: z.number().optional(), state: z.string(), deaths: z.number() });

/** What GET /stats answers. There may be more. */
export const statsSchema = z.looseObject({
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  workers: z.array(processSchema.extend({ number: z.number() })),
  /** What the system holds for it in memory; absent until it has told. */
  keeper: processSchema.extend({ residentBytes: z.number().optional() }),
  /** Summed over all workers. */
  counters: z.record(z.string(), z.number()),
  store: z.looseObject({ objects: z.number(), bytes: z.number(), maxBytes: z.number() }),
  logLinesDropped: z.number(),
});
export type StatsAnswer = z.infer<typeof statsSchema>;
