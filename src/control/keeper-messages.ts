import { z } from "zod";
import { settingsSchema } from "../config/schema.ts";
import { measuresSchema } from "./measures.ts";
import { listedSchema } from "./purge.ts";
import { selectorSchema } from "./selector.ts";

/** What supervisor and keeper say to each other over Bun's IPC; each side validates what it hears, as in messages.ts. */

const count = z.number().int().nonnegative();

export const toKeeperSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("start"),
    /** What the supervisor's steady clock says: see control/steady-clock. */
    now: count,
    /** What it said when the supervisor began: what lies in the cache since before then is no worker's any more. */
    startedAt: count,
    /** How many keepers before this one have died under this supervisor: they may have left files behind. */
    deaths: count,
    settings: settingsSchema,
  }),
  /** `request` comes back in the answer. */
  z.strictObject({ kind: z.literal("remove"), request: count, selectors: z.array(selectorSchema) }),
  /** Tell what these name, of many rows the first so many. */
  z.strictObject({
    kind: z.literal("list"),
    request: count,
    selectors: z.array(selectorSchema),
    limit: count,
  }),
  /** Also the sign of life: a keeper that does not answer is replaced. */
  z.strictObject({ kind: z.literal("totals"), request: count }),
  /** Commit what has come, close the index with the mark of a clean end, say `stopped` and exit. */
  z.strictObject({ kind: z.literal("stop") }),
]);
export type ToKeeper = z.infer<typeof toKeeperSchema>;
export type KeeperStartMessage = Extract<ToKeeper, { kind: "start" }>;

export const fromKeeperSchema = z.discriminatedUnion("kind", [
  /** The keeper's code runs and waits for `start`. */
  z.strictObject({ kind: z.literal("hello") }),
  /** It listens on its socket; said where the index cannot be opened as well, for that is a trouble. */
  z.strictObject({ kind: z.literal("ready") }),
  /**
   * How many rows of whole and of partial responses were removed, softened ones included, and the number of the last
   * removal: of all that were given out, the largest. With an `error` they are on the disk still and the number says nothing.
   */
  z.strictObject({
    kind: z.literal("removed"),
    request: count,
    complete: count,
    partial: count,
    number: count,
    error: z.string().optional(),
  }),
  /** With an `error` the index could not be read. */
  z.strictObject({
    kind: z.literal("listed"),
    request: count,
    complete: count,
    partial: count,
    listed: z.array(listedSchema),
    error: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal("totals"),
    request: count,
    objects: count,
    bytes: count,
    /** Absent before it has begun. */
    measures: measuresSchema.optional(),
  }),
  z.strictObject({ kind: z.literal("trouble"), code: z.string(), message: z.string() }),
  /** A line for the journal. */
  z.strictObject({ kind: z.literal("info"), message: z.string() }),
  /** The index is closed; the keeper exits. */
  z.strictObject({ kind: z.literal("stopped") }),
]);
export type FromKeeper = z.infer<typeof fromKeeperSchema>;
