import { z } from "zod";
import {
  newRequestsAnswerSchema,
  newRequestsQuestionSchema,
  requestsAnswerSchema,
  requestsQuestionSchema,
} from "./requests.ts";
import {
  adviseAnswerSchema,
  adviseQuestionSchema,
  cacheabilityAnswerSchema,
  cacheabilityQuestionSchema,
} from "./cacheability.ts";
import { originCostsSchema, workerLoadSchema } from "./top.ts";
import { measuresSchema } from "./measures.ts";
import { originViewsAnswerSchema } from "./origins.ts";
import { originsAnswerSchema, originsQuestionSchema } from "./readiness.ts";
import { explanationSchema, explainRequestSchema } from "./explanation.ts";

/**
 * What the supervisor asks of workers for somebody who wants to see into them. `about` says which answer goes with which
 * question.
 */
export const workerQuestionSchema = z.discriminatedUnion("about", [
  z.strictObject({ about: z.literal("explain"), asked: explainRequestSchema }),
  requestsQuestionSchema,
  newRequestsQuestionSchema,
  z.strictObject({ about: z.literal("load") }),
  z.strictObject({ about: z.literal("originCosts") }),
  z.strictObject({ about: z.literal("measures") }),
  z.strictObject({ about: z.literal("held"), key: z.string(), variant: z.string() }),
  originsQuestionSchema,
  z.strictObject({ about: z.literal("originViews") }),
  cacheabilityQuestionSchema,
  adviseQuestionSchema,
]);
export type WorkerQuestion = z.infer<typeof workerQuestionSchema>;

export const workerAnswerSchema = z.discriminatedUnion("about", [
  z.strictObject({ about: z.literal("explain"), explanation: explanationSchema }),
  requestsAnswerSchema,
  newRequestsAnswerSchema,
  z.strictObject({ about: z.literal("load"), load: workerLoadSchema }),
  z.strictObject({ about: z.literal("originCosts"), costs: originCostsSchema }),
  z.strictObject({ about: z.literal("measures"), measures: measuresSchema }),
  /** Whether its memory has the response of that name. */
  z.strictObject({ about: z.literal("held"), isHeld: z.boolean() }),
  originsAnswerSchema,
  originViewsAnswerSchema,
  cacheabilityAnswerSchema,
  adviseAnswerSchema,
]);
export type WorkerAnswer = z.infer<typeof workerAnswerSchema>;

export type QuestionAbout<About extends WorkerQuestion["about"]> = Extract<WorkerQuestion, { about: About }>;
/** What a worker says to a question about that. */
export type AnswerAbout<About extends WorkerQuestion["about"]> = Extract<WorkerAnswer, { about: About }>;
