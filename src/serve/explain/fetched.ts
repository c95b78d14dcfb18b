import type { Fetched } from "../../control/explanation.ts";
import type { Deadlines } from "../../origin/deadlines.ts";
import { abortWith, type Forward, type OriginAnswer } from "../../origin/forward.ts";
import { failure } from "../answer/relay.ts";
import type { ServeContext } from "../context.ts";
import { fetch } from "../fetch/fetch.ts";
import { pass } from "../fetch/pass.ts";
import { rulesOn } from "../fetch/ruled.ts";
import { isTooLarge } from "../flight/deliver-fill.ts";
import type { Landing, Leader } from "../flight/landing.ts";
import { inBackground } from "../flight/refresh.ts";
import { fetchForPieces } from "../partial/complete.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, forwardingPast, type Step } from "../step.ts";
import { forwardingFor, hidden, occasionOf } from "./asked.ts";
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
  const question = questionOf(request, step);
  if (question === null) return null;
  const beganAt = context.monotonic();
  const late = new AbortController();
  const deadline = patience.begin(() => late.abort());
  const listening = listenTo(context.forward, late.signal);
  const asking = { ...context, forward: listening.forward };
  const learned: Learned = { isConfirmed: false };
  try {
    const came = await question.ask(asking, leaderWho(learned));
    const milliseconds = context.monotonic() - beganAt;
    // What is stored may stand in for an answer.
    const next = came.step === "failure" ? await failure(asking, question.request, came) : came;
    await cancelBody(next);
    return { ...saidBy(listening.last()), milliseconds, ...judged(asking, question.request, next, learned) };
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return { ...saidBy(null), milliseconds: context.monotonic() - beganAt, ...unstored("origin-timeout") };
  } finally {
    patience.end(deadline);
  }
}

interface Question {
  readonly request: KeyedRequest;
  /** What comes of it, up to the step that would store the answer or send it on. */
  readonly ask: (context: ServeContext, leader: Leader) => Promise<Step>;
}

function questionOf(request: KeyedRequest, step: Step): Question | null {
  switch (step.step) {
    case "deliver":
    case "purge":
    case "upgrade":
      return null;
    case "pass":
      return { request, ask: (context) => pass(context, request, step) };
    case "hit":
      return fetching(inBackground(request), forwardingPast("uri-miss", "miss"));
    case "stale":
      return fetching(inBackground(request), forwardingFor(occasionOf(step)));
    default:
      return fetching(request, forwardingOf(request, step));
  }
}

function fetching(request: KeyedRequest, why: Forwarding): Question {
  return {
    request,
    async ask(context, leader) {
      let step: Step = { step: "fetch", why, leader };
      while (step.step === "fetch") {
        const held: Forwarding["held"] = step.why.held;
        step = await (held === null
          ? fetch(context, request, step)
          : fetchForPieces(context, request, held, step));
      }
      return step;
    },
  };
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
