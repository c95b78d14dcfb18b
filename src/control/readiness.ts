import { z } from "zod";

/** Whether an origin of a site answers, as a worker knows it; `askedBy` is the number of the one that may ask. */
export const originsQuestionSchema = z.strictObject({ about: z.literal("origins"), askedBy: z.int().min(1) });

const siteAnswersSchema = z.strictObject({ site: z.string(), answers: z.boolean() });
export type SiteAnswers = Readonly<z.infer<typeof siteAnswersSchema>>;

export const originsAnswerSchema = z.strictObject({
  about: z.literal("origins"),
  sites: z.array(siteAnswersSchema),
});

/** Whether clients may be sent here; where not, one reason in words each. */
export const readinessSchema = z.object({
  status: z.enum(["ready", "not ready"]),
  reasons: z.array(z.string()),
});
export type Readiness = Readonly<z.infer<typeof readinessSchema>>;
