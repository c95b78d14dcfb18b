import type { RecordedRequest } from "../control/requests.ts";
import type { AnswerAbout } from "../control/worker-questions.ts";
import type { Clock } from "../system/clock.ts";
import type { Fleet, Told } from "./fleet.ts";

/** What has come since the last time, in the order in which it came to each worker. */
export interface News {
  readonly requests: readonly RecordedRequest[];
  /** How many more there were that nobody tells: they were too many. */
  readonly missed: number;
}

export type Hear = (news: News) => void;

/**
 * Requests that are so, as they happen. All who want the same hear of one question to the workers, so that they cost those
 * who serve no more than one of them would.
 */
export interface RequestFeed {
  /** From now on: what has come until then is told to those who are there already. */
  join(hear: Hear): Promise<void>;
  leave(hear: Hear): void;
  /**
   * A while later the workers have been asked, and everybody has heard. Nobody asks but for who waits here, and never
   * before the last answer has come.
   */
  round(): Promise<void>;
}

export interface RequestFeedOptions {
  readonly fleet: Pick<Fleet, "ask">;
  readonly clock: Clock;
  /** See request-filter. */
  readonly where: string;
  /** How many requests each worker may tell at a time. */
  readonly atOnce: () => number;
}

const askEveryMilliseconds = 250;
/** Lives of workers whose last position is known; of 256 workers each may have had another. */
const livesAtMost = 1_024;

export function createRequestFeed({ fleet, clock, where, atOnce }: RequestFeedOptions): RequestFeed {
  const listeners = new Set<Hear>();
  const beganAt = clock.now();
  /** How far each life of a worker has been told. */
  const before = new Map<string, number>();
  let hasBegun = false;
  let lastAnswer: Promise<void> = Promise.resolve();
  let underWay: Promise<void> | undefined;

  /** One after the other: two at once would be told the same. */
  function ask(): Promise<void> {
    lastAnswer = lastAnswer.then(askNow, askNow);
    return lastAnswer;
  }

  async function askNow(): Promise<void> {
    const positions = hasBegun ? [...before].map(([life, told]) => ({ life, before: told })) : null;
    const about = "newRequests" as const;
    const told = await fleet.ask({ about, where, limit: atOnce(), positions });
    hasBegun = true;
    const requests = told.flatMap(newOf).sort((one, other) => one.at - other.at);
    const missed = told.reduce((sum, { answer }) => sum + answer.missed, 0);
    for (const hear of listeners) hear({ requests, missed });
  }

  function newOf({ answer: { requests, position } }: Told<AnswerAbout<"newRequests">>) {
    const isKnown = before.delete(position.life);
    before.set(position.life, position.before);
    for (const oldest of before.keys()) if (before.size > livesAtMost) before.delete(oldest);
    // One that did not answer at first has a past that is not asked for.
    return isKnown ? requests : requests.filter(({ at }) => at >= beganAt);
  }

  async function askLater(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(askEveryMilliseconds, resolve);
    await promise;
    if (listeners.size > 0) await ask();
  }

  return {
    async join(hear) {
      await ask();
      listeners.add(hear);
    },
    leave(hear) {
      listeners.delete(hear);
    },
    round() {
      underWay ??= askLater().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}
