import { z } from "zod";
import { adviceSchema } from "./explanation.ts";

/** What of the traffic was no hit, why, and what of it could have been: counted in periods of so many milliseconds. */
export const PERIOD_MILLISECONDS = 300_000;

const amount = z.number().nonnegative();

/** Requests, bytes of their bodies, and milliseconds until the first byte, for which their clients have waited. */
export const volumeSchema = z.strictObject({ requests: amount, bytes: amount, milliseconds: amount });
export type Volume = Readonly<z.infer<typeof volumeSchema>>;

/** What one request and its answer looked like, without anything secret: values of cookies and credentials are hidden. */
export const evidenceSchema = z.strictObject({
  method: z.string(),
  status: z.int(),
  requestFields: z.array(z.tuple([z.string(), z.string()])),
  /** As the origin sent them, those that say how an answer may be kept. */
  responseFields: z.array(z.tuple([z.string(), z.string()])),
});
export type Evidence = Readonly<z.infer<typeof evidenceSchema>>;

/** Why the origin was asked, and what became of its answer: names of rules/reason. */
const why = {
  /** The site's name; "" for the one that is made of the flags. */
  site: z.string(),
  forwarded: z.string(),
  reason: z.string(),
};

/** All requests for which the origin was asked for the same cause. */
export const causeCountSchema = z.strictObject({
  ...why,
  all: volumeSchema,
  /** Those of them whose target had been asked for before, of late: a hit would have been possible. */
  again: volumeSchema,
});
export type CauseCount = Readonly<z.infer<typeof causeCountSchema>>;

/** One of the targets behind a cause; those that come often are never left out. */
export const causeTargetSchema = z.strictObject({
  ...why,
  url: z.string(),
  all: volumeSchema,
  again: volumeSchema,
  /** About how many clients, and how many different bodies as far as validators tell; 0 where it is not known. */
  clients: amount,
  bodies: amount,
  evidence: evidenceSchema,
});
export type CauseTarget = Readonly<z.infer<typeof causeTargetSchema>>;

/** What all requests of a site were, and which of them were hits. Those for which the origin was asked are in the causes. */
export const siteTotalsSchema = z.strictObject({
  site: z.string(),
  requests: amount,
  bytes: amount,
  hits: amount,
  hitBytes: amount,
});
export type SiteTotals = Readonly<z.infer<typeof siteTotalsSchema>>;

/** What came in one period. */
export const periodSchema = z.strictObject({
  /** Milliseconds since the epoch, a multiple of PERIOD_MILLISECONDS. */
  startsAt: z.number(),
  totals: z.array(siteTotalsSchema),
  causes: z.array(causeCountSchema),
  targets: z.array(causeTargetSchema),
});
export type Period = Readonly<z.infer<typeof periodSchema>>;

/** About a target of which somebody wants to know what could be changed. */
export const adviseQuestionSchema = z.strictObject({
  about: z.literal("advise"),
  targets: z.array(
    z.strictObject({
      ...why,
      url: z.string(),
      evidence: evidenceSchema,
      /** For which paths a rule would be; null: for that of the target alone. */
      paths: z.array(z.string()).nullable(),
    }),
  ),
});
export type AdvisedTarget = Readonly<z.infer<typeof adviseQuestionSchema>["targets"][number]>;

/** For each what is advised, in the order in which they are asked. */
export const adviseAnswerSchema = z.strictObject({
  about: z.literal("advise"),
  advice: z.array(z.array(adviceSchema)),
});

/** What a worker has counted in the period that is; and in the one before it, which somebody may not know to its end. */
export const cacheabilityQuestionSchema = z.strictObject({
  about: z.literal("cacheability"),
  withFormer: z.boolean(),
});

/** The latest period first. */
export const cacheabilityAnswerSchema = z.strictObject({
  about: z.literal("cacheability"),
  /** Each life of a worker counts anew. */
  life: z.string(),
  periods: z.array(periodSchema),
});
export type CountedByWorker = Readonly<z.infer<typeof cacheabilityAnswerSchema>>;

/** What is told of a cause: with what to change. */
export const causeSchema = causeCountSchema.extend({
  /** Both reasons as people read them: why it was asked, and what became of the answer. */
  sentences: z.array(z.string()),
  /** False where nothing is to be changed so that they become hits: POST, what a rule passes on. */
  isAvoidable: z.boolean(),
  /** Those of `again` that would have been hits; without what looks like one visitor's, as far as the targets are known. */
  avoidable: volumeSchema,
  advice: z.array(adviceSchema),
  targets: z.array(causeTargetSchema),
});
export type Cause = Readonly<z.infer<typeof causeSchema>>;

/** GET /causes. */
export const causesSchema = z.object({
  /** Milliseconds since the epoch: what was counted from then until then. */
  from: z.number(),
  until: z.number(),
  totals: z.array(siteTotalsSchema),
  /** The costliest first: by the time clients have waited for what could have been a hit. */
  causes: z.array(causeSchema),
});
export type Causes = Readonly<z.infer<typeof causesSchema>>;
