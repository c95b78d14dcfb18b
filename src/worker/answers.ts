import type { AdvisedTarget } from "../control/cacheability.ts";
import type { Advice } from "../control/explanation.ts";
import type { SiteAnswers } from "../control/readiness.ts";
import type { OriginView } from "../control/origins.ts";
import type { RecentRequests } from "./recent/recent-requests.ts";
import type { OriginCosts, WorkerLoad } from "../control/top.ts";
import type { Measures } from "../control/measures.ts";
import type {
  AnswerAbout,
  QuestionAbout,
  WorkerAnswer,
  WorkerQuestion,
} from "../control/worker-questions.ts";
import type { Serving } from "./serving.ts";
import type { Storage } from "./storage.ts";

/** Who in a worker knows what. */
export interface Known {
  readonly explain: Serving["explain"];
  readonly requests: RecentRequests;
  readonly load: () => WorkerLoad;
  readonly originCosts: () => OriginCosts;
  readonly measures: () => Measures;
  readonly memory: Pick<Storage["memory"], "list">;
  /** Whether the origins of each site answer; this worker is the one that asks them, or not. */
  readonly origins: (mayAsk: boolean) => Promise<SiteAnswers[]>;
  readonly originViews: () => OriginView[];
  readonly cacheability: (withFormer: boolean) => AnswerAbout<"cacheability">;
  readonly advise: (target: AdvisedTarget) => Promise<Advice[]>;
  readonly workerNumber: number;
}

/** Tells the supervisor what somebody wants to see of this worker. */
export async function answerQuestion(question: WorkerQuestion, known: Known): Promise<WorkerAnswer> {
  switch (question.about) {
    case "held":
      return { about: "held", isHeld: await isHeld(question, known.memory) };
    case "explain":
      return { about: "explain", explanation: await known.explain(question.asked) };
    case "requests":
      return await known.requests.last(question);
    case "newRequests":
      return await known.requests.since(question);
    case "load":
      return { about: "load", load: known.load() };
    case "originCosts":
      return { about: "originCosts", costs: known.originCosts() };
    case "measures":
      return { about: "measures", measures: known.measures() };
    case "cacheability":
      return known.cacheability(question.withFormer);
    case "advise":
      return { about: "advise", advice: await Promise.all(question.targets.map(known.advise)) };
    case "originViews":
      return { about: "originViews", origins: known.originViews() };
    case "origins":
      return { about: "origins", sites: await known.origins(question.askedBy === known.workerNumber) };
  }
}

async function isHeld({ key, variant }: QuestionAbout<"held">, memory: Known["memory"]): Promise<boolean> {
  const selector = { by: "variant", primaryKey: key, variantKey: variant } as const;
  return (await memory.list([selector], 1)).count > 0;
}
