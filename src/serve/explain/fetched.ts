import type { Fetched } from "../../control/explanation.ts";
import type { Deadlines } from "../../origin/deadlines.ts";
import { abortWith, type Forward, type OriginAnswer } from "../../origin/forward.ts";
import type { ServeContext } from "../context.ts";
import { rulesOn } from "../fetch/ruled.ts";
import { isTooLarge } from "../flight/deliver-fill.ts";
import type { Landing, Leader } from "../flight/landing.ts";
import { inBackground, refreshing } from "../flight/refresh.ts";
import { occasionOf } from "../flight/with-refresh.ts";
import { takeStep } from "../machine.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, forwardingPast, type Step } from "../step.ts";
import { hidden } from "./asked.ts";
import { forwardingOf } from "./outcome.ts";

/**
 * Asks the origin what a step would ask it, and what is fresh as if it were not stored, and judges the answer as those do who
 * serve; its body is not read. Null where nothing can be asked without changing anything: `context` is one that only looks.
 */
export async function fetchedFacts(
  context: ServeContext,
  request: KeyedRequest,
  step: Step,
  patience: Deadlines,
): Promise<Fetched | null> {
  const { method } = request.inbound;
  if (method !== "GET" && method !== "HEAD") return null;
  const learned: Learned = { isConfirmed: false };
  const question = questionOf(request, step, leaderWho(learned));
  if (question === null) return null;
  const beganAt = context.monotonic();
  const late = new AbortController();
  const deadline = patience.begin(() => late.abort());
  const listening = listenTo(context.forward, late.signal);
  const asking = { ...context, forward: listening.forward };
  try {
    const came = await answerTo(question, asking);
    const milliseconds = context.monotonic() - beganAt;
    await cancelBody(came);
    return { ...saidBy(listening.last()), milliseconds, ...judged(asking, question.request, came, learned) };
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return { ...saidBy(null), milliseconds: context.monotonic() - beganAt, ...unstored("origin-timeout") };
  } finally {
    patience.end(deadline);
  }
}

interface Question {
  readonly request: KeyedRequest;
  /** The step that asks. */
  readonly first: Extract<Step, { step: "fetch" | "pass" }>;
}

function questionOf(request: KeyedRequest, step: Step, leader: Leader): Question | null {
  const fetching = (why: Forwarding) => ({ step: "fetch", why, leader }) as const;
  switch (step.step) {
    case "deliver":
    case "purge":
    case "upgrade":
      return null;
    case "pass":
      return { request, first: step };
    case "hit":
      return { request: inBackground(request), first: fetching(forwardingPast("uri-miss", "miss")) };
    case "stale":
      return { request: inBackground(request), first: fetching(refreshing(occasionOf(step))) };
    default:
      return { request, first: fetching(forwardingOf(request, step)) };
  }
}

/** What comes of it, up to the step that would store the answer or send it on: what is stored may stand in for one. */
async function answerTo({ request, first }: Question, context: ServeContext): Promise<Step> {
  let step: Step = first;
  while (step.step === "fetch" || step.step === "pass" || step.step === "failure") {
    step = await takeStep(context, request, step);
  }
  return step;
}

/** What those would hear who waited for the answer. */
interface Learned {
  isConfirmed: boolean;
}

function leaderWho(learned: Learned): Leader {
  return {
    land({ kind }: Landing) {
      if (kind === "confirmed") learned.isConfirmed = true;
    },
  };
}

/** Remembers the last answer as the origin has given it, before any rule. */
function listenTo(forward: Forward, signal: AbortSignal) {
  let last: OriginAnswer | null = null;
  const listening: Forward = async (request, abort) => {
    abortWith(signal, abort);
    last = await forward(request, abort);
    return last;
  };
  return { forward: listening, last: () => last };
}

function saidBy(answer: OriginAnswer | null): Pick<Fetched, "status" | "failure" | "fields" | "framing"> {
  if (answer?.ok !== true) {
    return { status: null, failure: answer?.failure.explanation ?? unanswered, fields: [], framing: null };
  }
  const { status, fields, framing } = answer.response;
  return {
    status,
    failure: null,
    framing,
    fields: fields.map(([name, value]) => [name, shownValue(name, value)]),
  };
}

const unanswered = "the origin takes longer to answer than an explanation waits";

/** A cookie that the origin has just made is somebody's who finds it here. */
function shownValue(name: string, value: string): string {
  return name === "set-cookie" ? `${value.split("=", 1)[0] ?? ""}=${hidden}` : value;
}

type Judgement = Pick<Fetched, "isStored" | "reason" | "lifetime" | "lifetimeSource" | "rules">;

function judged(context: ServeContext, request: KeyedRequest, step: Step, learned: Learned): Judgement {
  switch (step.step) {
    case "fill":
      if (isTooLarge(context, step.response)) return unstored("too-large", step.policy.rules);
      return stored(step.reason, step.policy);
    case "piece":
      return stored(step.reason, step.policy);
    case "confirmed":
      return { ...stored("revalidated", step.found.response.policy), isStored: learned.isConfirmed };
    case "relay":
      return unstored(step.reason, rulesOn(request, step.response));
    case "small":
      return unstored("partial-of-small", rulesOn(request, step.response));
    case "stale":
      return unstored(step.reason);
    case "deliver": {
      const { reason, facts } = step.answer.telling;
      return { ...unstored(reason, facts.rules), isStored: facts.stored === true };
    }
    default:
      throw new Error(`the origin's answer leads to no step ${step.step}`);
  }
}

function stored(
  reason: Judgement["reason"],
  policy: {
    readonly freshnessLifetime: number;
    readonly lifetimeSource: string;
    readonly rules?: readonly string[];
  },
): Judgement {
  const { freshnessLifetime: lifetime, lifetimeSource, rules = [] } = policy;
  return { isStored: true, reason, lifetime, lifetimeSource, rules: [...rules] };
}

function unstored(reason: Judgement["reason"], rules: readonly string[] = []): Judgement {
  return { isStored: false, reason, lifetime: null, lifetimeSource: null, rules: [...rules] };
}

export async function cancelBody(step: Step): Promise<void> {
  if (step.step === "deliver") await step.answer.response.body?.cancel();
  if ("response" in step) await step.response.body?.cancel();
}
