import type { RequestTest, ResponseTest } from "./conditions.ts";
import type { Rule } from "./rule.ts";
import type { SiteRequest } from "./site.ts";

/** A rule of which everything about the request holds. */
export interface Held {
  readonly rule: Rule;
  /** The rule does not hold for the responses for which this does. */
  readonly exception: ResponseTest | null;
}

/** A rule on a path, and whether its exception may apply there. */
export interface OpenRule {
  readonly rule: Rule;
  readonly hasException: boolean;
}

/** What is asked of a request, one question after the other, until it is known which rules hold for it. */
export type Step<Outcome> = Question<Outcome> | Answer<Outcome>;

interface Question<Outcome> {
  readonly kind: "question";
  readonly test: RequestTest;
  /** Where the answers lead; undefined until a request first gave it. */
  yes: Step<Outcome> | undefined;
  no: Step<Outcome> | undefined;
  readonly next: (holds: boolean) => Step<Outcome>;
}

interface Answer<Outcome> {
  readonly kind: "answer";
  readonly outcome: Outcome;
}

/**
 * The first question for these rules. What follows from each answer is worked out once, when it is first given, so that
 * for a request like an earlier one nothing is left to do but to ask.
 */
export function questionsFor<Outcome>(
  rules: readonly OpenRule[],
  outcomeOf: (held: readonly Held[]) => Outcome,
): Step<Outcome> {
  return questionsAfter(rules, [], outcomeOf);
}

function questionsAfter<Outcome>(
  [first, ...others]: readonly OpenRule[],
  held: readonly Held[],
  outcomeOf: (held: readonly Held[]) => Outcome,
): Step<Outcome> {
  if (first === undefined) return { kind: "answer", outcome: outcomeOf(held) };
  const { rule } = first;
  const without = () => questionsAfter(others, held, outcomeOf);
  const with_ = (exception: ResponseTest | null) => () =>
    questionsAfter(others, [...held, { rule, exception }], outcomeOf);
  const unlessExcepted = () => {
    if (!first.hasException || rule.unless === null) return with_(null)();
    const { request, response } = rule.unless;
    const excepted = response === null ? without : with_(response);
    return asking(request, excepted, with_(null));
  };
  return asking(rule.if.request, unlessExcepted, without);
}

/** Null asks nothing: it is so. */
function asking<Outcome>(
  test: RequestTest | null,
  whenYes: () => Step<Outcome>,
  whenNo: () => Step<Outcome>,
): Step<Outcome> {
  if (test === null) return whenYes();
  const next = (holds: boolean) => (holds ? whenYes() : whenNo());
  return { kind: "question", test, yes: undefined, no: undefined, next };
}

/** Asks to the end. `onNew` is told of each step that no request took before. */
export function outcomeFor<Outcome>(start: Step<Outcome>, request: SiteRequest, onNew: () => void): Outcome {
  let step = start;
  while (step.kind === "question") {
    const holds = step.test(request);
    const known: Step<Outcome> | undefined = holds ? step.yes : step.no;
    step = known ?? takeNew(step, holds, onNew);
  }
  return step.outcome;
}

function takeNew<Outcome>(question: Question<Outcome>, holds: boolean, onNew: () => void): Step<Outcome> {
  const step = question.next(holds);
  if (holds) question.yes = step;
  else question.no = step;
  onNew();
  return step;
}
