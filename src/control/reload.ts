import { z } from "zod";

/** What the operator is told of a reload, one line each. */
export const reloadAnswerSchema = z.object({
  /** What is another now; none where nothing is. */
  changes: z.array(z.string()).readonly(),
  /** What he should know beside it, such as what changes at the next start only. */
  notices: z.array(z.string()).readonly(),
});
export type ReloadAnswer = z.infer<typeof reloadAnswerSchema>;
