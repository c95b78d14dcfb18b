import { z } from "zod";
import { planSchema } from "../config/plan-schema.ts";
import { settingsSchema } from "../config/schema.ts";
import { cacheabilityAnswerSchema } from "./cacheability.ts";
import { debugKeySchema } from "./debug-token.ts";
import { measuresSchema } from "./measures.ts";
import { listedSchema, purgeAnswerSchema, purgeRequestSchema } from "./purge.ts";
import { selectorSchema } from "./selector.ts";
import { workerAnswerSchema, workerQuestionSchema } from "./worker-questions.ts";

/**
 * What supervisor and worker say to each other over Bun's IPC. Each side validates what it hears: a message that
 * does not fit is told as an error and otherwise ignored, so that two versions side by side do not end each other.
 */

const count = z.number().int().nonnegative();

/** The keeper's number of a removal; null where it is not carried out on the disk. */
const number = count.nullable();

/** Named integers that only grow while a worker lives, except where the name says otherwise (`…Now`). */
const counters = z.record(z.string(), z.number().int());
export type Counters = z.infer<typeof counters>;

/** By which the others find a worker's socket; another one in each life of a worker. */
const workerName = z.string().regex(/^[a-z0-9-]{1,40}$/);

export const toWorkerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("start"),
    /** What the supervisor's steady clock says: see control/steady-clock. */
    now: count,
    settings: settingsSchema,
    plan: planSchema,
    /** From 1 to settings.workers; a worker that replaces another takes its number. */
    workerNumber: z.number().int().positive(),
    /** When the supervisor began, by its steady clock: so a worker knows its keeper. */
    startedAt: count,
    /** Bytes of settings.memory that are this worker's. */
    memoryShare: count,
    /** What was in the files of settings.certificates when these were found to fit: since then they may have changed. */
    certificates: z.array(z.strictObject({ cert: z.string(), key: z.string() })),
    /** Proves the tokens with which requests get explanations; null where there is none. */
    debugKey: debugKeySchema.nullable(),
    /** Removals that are not carried out on the disk yet: what they concern must not be served from it. */
    marks: z.array(selectorSchema),
    /** Whether lines of a pretty log have colours; the worker cannot see the terminal. */
    colours: z.boolean(),
    /** Whether there are other workers, also such as take this one's place or whose place it takes. */
    hasCompany: z.boolean(),
  }),
  /** There are other workers from here on, or there are none any more. */
  z.strictObject({ kind: z.literal("company"), isThere: z.boolean() }),
  /** Serve by these from here on; `request` comes back in the answer. */
  z.strictObject({
    kind: z.literal("configure"),
    request: count,
    settings: settingsSchema,
    plan: planSchema,
  }),
  z.strictObject({
    kind: z.literal("drain"),
    graceMilliseconds: count,
    /** Others listen on the same port: nobody need be turned away, only led over to them. */
    isReplaced: z.boolean(),
  }),
  /**
   * From the memory, and from what is on its way; `request` comes back in the answer. `number` is the keeper's for these
   * removals or for later ones. Null: they are not carried out on the disk, so nothing of it may be served from there.
   */
  z.strictObject({ kind: z.literal("remove"), request: count, selectors: z.array(selectorSchema), number }),
  /** Tell what these name of what the memory holds, of many responses the first so many. */
  z.strictObject({
    kind: z.literal("list"),
    request: count,
    selectors: z.array(selectorSchema),
    limit: count,
  }),
  /** What became of a purge that this worker's client has asked for; `isRefusal`: it was the client's mistake. */
  z.strictObject({
    kind: z.literal("purged"),
    request: count,
    answer: purgeAnswerSchema.optional(),
    error: z.string().optional(),
    isRefusal: z.boolean().optional(),
  }),
  /** The others have removed what this worker's request named, as far as they answer. */
  z.strictObject({ kind: z.literal("invalidatedElsewhere"), request: count }),
  /**
   * Null: this worker may ask the origin now. Else another worker does, the one of this name. For `restMilliseconds` the
   * origin should not be asked but for a client.
   */
  z.strictObject({
    kind: z.literal("claimed"),
    request: count,
    leader: workerName.nullable(),
    restMilliseconds: z.number().nonnegative(),
  }),
  /** For who wants to see into it. */
  z.strictObject({ kind: z.literal("ask"), request: count, question: workerQuestionSchema }),
  /** Also the sign of life: a worker that does not answer is replaced. */
  z.strictObject({ kind: z.literal("reportCounters"), request: count }),
]);
export type ToWorker = z.infer<typeof toWorkerSchema>;
export type StartMessage = Extract<ToWorker, { kind: "start" }>;

export const fromWorkerSchema = z.discriminatedUnion("kind", [
  /** The worker's code runs and waits for `start`. */
  z.strictObject({ kind: z.literal("hello") }),
  z.strictObject({ kind: z.literal("ready"), port: z.number().int().min(0).max(65535), name: workerName }),
  /** The worker cannot serve and exits; `isUsage`: because of what the operator wants (the port was taken, …). */
  z.strictObject({ kind: z.literal("failed"), message: z.string(), isUsage: z.boolean() }),
  /** How many responses its memory has dropped or made stale, and how many answers on their way are not stored for it. */
  z.strictObject({ kind: z.literal("removed"), request: count, complete: count, inFlight: count }),
  z.strictObject({
    kind: z.literal("listed"),
    request: count,
    complete: count,
    inFlight: count,
    listed: z.array(listedSchema),
  }),
  /** To what was asked; with an `error` it cannot be told. */
  z.strictObject({
    kind: z.literal("told"),
    request: count,
    answer: workerAnswerSchema.optional(),
    error: z.string().optional(),
  }),
  /** A client that may do so wants these purged, all as one; `asker` is what it asked by, for the history of purges. */
  z.strictObject({
    kind: z.literal("purge"),
    request: count,
    wanted: z.array(purgeRequestSchema).min(1),
    client: z.string().nullable(),
    asker: z.string(),
  }),
  /** All requests from here on are served by what `configure` brought; with an `error` none is. */
  z.strictObject({ kind: z.literal("configured"), request: count, error: z.string().optional() }),
  z.strictObject({ kind: z.literal("counters"), request: count, counters }),
  /** Whole lines, each with its line feed. `dropped` lines before them were lost. */
  z.strictObject({ kind: z.literal("log"), lines: z.string(), dropped: count }),
  /**
   * What this worker has invalidated (RFC 9111 §4.4) and the others still hold. Null: the keeper could not remove it, so
   * the others, and who starts later, have to know that it is on the disk still.
   */
  z.strictObject({
    kind: z.literal("invalidateElsewhere"),
    request: count,
    selectors: z.array(selectorSchema),
    number,
  }),
  /** This worker wants to ask the origin for the key, alone among all workers until it says `release` or ends. */
  z.strictObject({ kind: z.literal("claim"), request: count, key: z.string() }),
  /** Of the claim that was that request; the origin should rest for so long. */
  z.strictObject({
    kind: z.literal("release"),
    request: count,
    key: z.string(),
    restMilliseconds: z.number().nonnegative(),
  }),
  z.strictObject({ kind: z.literal("trouble"), code: z.string(), message: z.string() }),
  /** What the operator should know of once, whichever worker has noticed it. */
  z.strictObject({ kind: z.literal("notice"), code: z.string(), message: z.string() }),
  /** What the operator should know of whenever a worker has noticed it. */
  z.strictObject({ kind: z.literal("news"), level: z.enum(["info", "warn"]), message: z.string() }),
  /** Nothing is in flight any more; the worker exits. Nothing will be counted after these. */
  z.strictObject({
    kind: z.literal("drained"),
    counters,
    measures: measuresSchema.optional(),
    cacheability: cacheabilityAnswerSchema.optional(),
  }),
]);
export type FromWorker = z.infer<typeof fromWorkerSchema>;

/** What a worker has removed, or made stale: responses of its memory, and answers on their way that are not stored for it. */
export type RemovedByWorker = Said<"removed">;
/** What a worker would remove. */
export type ListedByWorker = Said<"listed">;

/** The answer of a worker, without the number of the question. */
type Said<Kind extends FromWorker["kind"]> = Readonly<
  Omit<Extract<FromWorker, { kind: Kind }>, "kind" | "request">
>;
