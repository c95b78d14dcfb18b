import type { WorkerAnswer, WorkerQuestion } from "../control/worker-questions.ts";
import type { Serving } from "./serving.ts";

/** Who in a worker knows what. */
export interface Known {
  readonly explain: Serving["explain"];
}

/** Tells the supervisor what somebody wants to see of this worker. */
export async function answerQuestion(question: WorkerQuestion, known: Known): Promise<WorkerAnswer> {
  switch (question.about) {
    case "explain":
      return { about: "explain", explanation: await known.explain(question.asked) };
  }
}
