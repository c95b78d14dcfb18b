import { type Balance, type Choosable, type Choose, createChoice } from "./balance.ts";
import { type Breaker, type BreakerState, createBreaker, restMilliseconds } from "./breaker.ts";
import type { OriginFailure } from "./failure.ts";
import {
  abortWith,
  type Clocks,
  createForward,
  type Forward,
  type ForwardOptions,
  type OriginAnswer,
  type OriginMeter,
  type OriginRequest,
} from "./forward.ts";
import { probeMilliseconds, startProbes } from "./health.ts";
import { createLook, type Look } from "./look.ts";
import { signOf } from "./sign.ts";

export interface OriginsOptions extends Pick<Clocks, "now" | "monotonic"> {
  /** At least one, each with a name of its own. */
  readonly origins: readonly ForwardOptions[];
  readonly balance: Balance;
  /** The path that each is asked for, every few seconds, to see whether it is well; null asks none. */
  readonly health: string | null;
  /** See origin/balance. */
  readonly firstTurn: number;
  /** Runs something again and again until what it returns is called. */
  readonly every: (milliseconds: number, run: () => void) => () => void;
  /** Gives who hears what the origin of that name gives to clients' requests; probes are none. */
  readonly meterFor?: ((name: string) => OriginMeter) | undefined;
  /** Told, in a sentence for the operator, when an origin is left alone and when it is trusted again. */
  readonly onChange?: ((state: "left-alone" | "trusted", message: string) => void) | undefined;
}

export interface OriginStatus {
  readonly name: string;
  readonly state: BreakerState;
  /** How many failures in a row were heard of. */
  readonly failures: number;
  /** Milliseconds until one request may try it; 0 where it is trusted. */
  readonly restsFor: number;
  /** Requests that wait for the head of its answer. */
  readonly waiting: number;
}

/** The door to all origins of a site. */
export interface Origins extends Forward {
  /** Ends the probes. What is under way goes on, and it may be asked still. */
  stop(): void;
  status(): readonly OriginStatus[];
  /** Whether one of them answers: see `Look`. */
  answers(mayAsk: boolean): Promise<boolean>;
  /** What a request that comes now is told at once, because nobody is asked; null where one of them is. */
  refusal(): OriginFailure | null;
}

/** One of them. */
interface Origin extends Choosable {
  waiting: number;
  readonly forward: Forward;
  readonly breaker: Breaker;
  readonly look: Look;
  readonly stop: () => void;
}

/** Several origins as if they were one: each request goes to one that is well, and to another one where that does not answer. */
export function createOrigins(options: OriginsOptions): Origins {
  const { origins: all, balance, firstTurn, monotonic } = options;
  const origins: Origin[] = [];
  for (const each of all) origins.push(openOrigin(each, options, origins));
  const [only] = origins;
  const forward =
    only !== undefined && origins.length === 1
      ? toOne(only, monotonic)
      : toSeveral(origins, createChoice(balance, firstTurn), monotonic);
  return Object.assign(forward, {
    stop() {
      for (const { stop } of origins) stop();
    },
    status: () => origins.map((origin) => statusOf(origin, monotonic())),
    async answers(mayAsk: boolean) {
      const each = await Promise.all(origins.map(({ look }) => look.answers(mayAsk)));
      return each.includes(true);
    },
    refusal: () => refusalOf(origins, monotonic()),
  });
}

function openOrigin(way: ForwardOptions, options: OriginsOptions, origins: readonly Origin[]): Origin {
  const { now, monotonic, health, every, onChange, meterFor } = options;
  const name = way.name ?? way.origin;
  const breaker = createBreaker({
    now,
    monotonic,
    hasOthers: () => origins.some((other) => other.name !== name && other.breaker.state === "trusted"),
    onChange: (isTrusted, milliseconds) =>
      isTrusted
        ? onChange?.("trusted", `the origin ${name} is trusted again`)
        : onChange?.("left-alone", leftAlone(name, milliseconds)),
  });
  const look = createLook({ origin: way, health, monotonic, onWell: breaker.trust });
  const forward = createForward({
    ...way,
    ...(meterFor === undefined ? {} : { meter: meterFor(name) }),
    onOutcome(answer, requestAt) {
      const sign = signOf(answer);
      if (sign === null) return;
      breaker.heed(sign, requestAt);
      look.heed(sign);
    },
  });
  const stop =
    health === null
      ? () => undefined
      : startProbes({
          origin: way,
          path: health,
          every,
          onWell(begunAt) {
            breaker.trust(begunAt);
            look.heed("well");
          },
          onFailed(sign) {
            breaker.leaveAlone(sign, probedRest);
            look.heed(sign);
          },
        });
  return { name, waiting: 0, forward, breaker, look, stop };
}

function statusOf({ name, breaker, waiting }: Origin, now: number): OriginStatus {
  const { state, failures, restsUntil } = breaker;
  const restsFor = state === "trusted" ? 0 : Math.max(0, restsUntil - now);
  return { name, state, failures, restsFor, waiting };
}

/** Until the next probe has come back: clients need not find out what a probe will. */
const probedRest = 2 * probeMilliseconds;

function leftAlone(name: string, milliseconds: number): string {
  return `the origin ${name} has failed several times in a row and is left alone for ${milliseconds / 1000} s`;
}

/** Costs nothing as long as the origin is well. */
function toOne(origin: Origin, monotonic: () => number): Forward {
  const { breaker, forward } = origin;
  return (request, abort) => {
    if (breaker.state === "trusted") return forward(request, abort);
    const failure = refusalOf([origin], monotonic());
    return failure === null ? ask(origin, request, abort) : Promise.resolve({ ok: false, failure });
  };
}

function toSeveral(origins: readonly Origin[], choose: Choose, monotonic: () => number): Forward {
  return async (request, abort) => {
    const isRepeatable = isSafeToRepeat(request);
    const asked: Origin[] = [];
    let answer: OriginAnswer | null = null;
    let timeouts = 0;
    for (;;) {
      const now = monotonic();
      const origin = next(origins, asked, choose, request, isRepeatable, now);
      if (origin === null) return answer ?? { ok: false, failure: down(origins, now) };
      answer = await ask(origin, request, isRepeatable ? partOf(abort) : abort);
      if (!isRepeatable || !mayAskAnother(answer)) return answer;
      if (isTimeout(answer) && ++timeouts === mostTimeouts) return answer;
      asked.push(origin);
    }
  };
}

/** A client waits no longer than for so many origins that hang, however many there are. */
const mostTimeouts = 2;

/** Only what has no body and no effect (RFC 9110 §9.2.2): the origin that did not answer may have got it nevertheless. */
function isSafeToRepeat({ method, body }: OriginRequest): boolean {
  return body === null && (method === "GET" || method === "HEAD");
}

/** Nothing has come that could be passed on, and that was the origin's doing. */
function mayAskAnother(answer: OriginAnswer): boolean {
  return !answer.ok && signOf(answer) !== null;
}

function isTimeout(answer: OriginAnswer): boolean {
  return !answer.ok && answer.failure.reason === "origin-timeout";
}

/** What takes too long is aborted by itself, and leaves the caller's to the next try. */
function partOf(abort: AbortController): AbortController {
  const part = new AbortController();
  abortWith(abort.signal, part);
  return part;
}

/** Whom to ask now: one that is to be tried, else one of those that are well. Null where there is none. */
function next(
  origins: readonly Origin[],
  asked: readonly Origin[],
  choose: Choose,
  { target }: OriginRequest,
  isRepeatable: boolean,
  now: number,
): Origin | null {
  const left = asked.length === 0 ? origins : origins.filter((origin) => !asked.includes(origin));
  const [first, ...others] = left.filter(({ breaker }) => breaker.state === "trusted");
  // A request that cannot be repeated is to be no guinea pig, unless no other has come for as long again.
  const isCareful = !isRepeatable && first !== undefined;
  const due = left.find((origin) => mayTry(origin, isCareful ? now - restMilliseconds : now));
  if (due !== undefined) return due;
  return first === undefined ? null : choose([first, ...others], target);
}

/** Whether an origin that is left alone may be asked by one request. */
function mayTry({ breaker }: Origin, now: number): boolean {
  return breaker.state === "left-alone" && now >= breaker.restsUntil;
}

async function ask(origin: Origin, request: OriginRequest, abort: AbortController): Promise<OriginAnswer> {
  const endTrial = origin.breaker.state === "trusted" ? null : origin.breaker.beginTrial();
  origin.waiting++;
  try {
    return await origin.forward(request, abort);
  } finally {
    origin.waiting--;
    endTrial?.();
  }
}

function refusalOf(origins: readonly Origin[], now: number): OriginFailure | null {
  const isOneAsked = origins.some((origin) => origin.breaker.state === "trusted" || mayTry(origin, now));
  return isOneAsked ? null : down(origins, now);
}

/** All are left alone, or one request is finding out whether they are well again. */
function down(origins: readonly Origin[], now: number): OriginFailure {
  const rest = Math.min(...origins.map(({ breaker }) => breaker.restsUntil)) - now;
  return {
    status: 503,
    reason: "origins-down",
    explanation: "the origin has failed several times in a row and is left alone for a few seconds",
    retryAfter: Math.max(1, Math.ceil(rest / 1000)),
  };
}
