import type { Position, RecordedRequest } from "../control/requests.ts";
import type { AnswerAbout } from "../control/worker-questions.ts";
import type { Clock } from "../system/clock.ts";
import type { Fleet, Told } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";

/** What has come since the last time, in the order in which it came to each worker. */
export interface News {
  readonly requests: readonly RecordedRequest[];
  /** How many more there were that nobody tells: they were too many. */
  readonly missed: number;
}

/** Somebody who wants to hear of requests as they happen. */
export interface Follower {
  /** Waits for news, but not for ever: where nothing comes it has none after a while. Undefined when it has ended. */
  next(): Promise<News | undefined>;
  end(): void;
}

/**
 * Workers are asked, again and again, for what is new in what they remember anyway: while nobody follows they do nothing
 * for it, and of who is slow nothing is kept, for what it has not asked for in time is overwritten there, and counted.
 */
export interface Following {
  /** Of the requests that are so; from now on. Rejects with a `FleetError` where so many follow that no more can. */
  follow(where: string): Promise<Follower>;
  /** Ends all. */
  stop(): void;
}

const askEveryMilliseconds = 250;
/** After which who follows is told that there is nothing: connections are closed on which nothing passes. */
const quietMilliseconds = 15_000;
/** Of each worker at a time. */
const requestsAtOnce = 1_000;
const followersAtMost = 32;
/** Lives of workers whose last position is known; of 256 workers each may have had another. */
const livesAtMost = 1_024;

export function createFollowing(fleet: Pick<Fleet, "ask">, clock: Clock): Following {
  const followers = new Set<Follower>();
  let isStopped = false;

  return {
    async follow(where) {
      if (isStopped) throw new FleetError("cacheproxy is stopping");
      if (followers.size >= followersAtMost)
        throw new FleetError(`${followersAtMost} follow the requests already; one of them should end first`);
      const follower = createFollower(fleet, clock, where, () => followers.delete(follower));
      followers.add(follower);
      await follower.begin();
      return follower;
    },
    stop() {
      isStopped = true;
      for (const follower of followers) follower.end();
    },
  };
}

function createFollower(
  { ask }: Pick<Fleet, "ask">,
  clock: Clock,
  where: string,
  onEnd: () => void,
): Follower & { begin(): Promise<void> } {
  const beganAt = clock.now();
  const ended = Promise.withResolvers<void>();
  let hasEnded = false;
  /** How far each life of a worker has been told. */
  const before = new Map<string, number>();

  async function askForNews(positions: Position[] | null): Promise<News> {
    const about = "newRequests" as const;
    const told = await ask({ about, where, limit: requestsAtOnce, positions });
    const requests = told.flatMap(newOf).sort((one, other) => one.at - other.at);
    return { requests, missed: told.reduce((sum, { answer }) => sum + answer.missed, 0) };
  }

  function newOf({ answer: { requests, position } }: Told<AnswerAbout<"newRequests">>) {
    const isKnown = before.delete(position.life);
    before.set(position.life, position.before);
    for (const oldest of before.keys()) if (before.size > livesAtMost) before.delete(oldest);
    // One that did not answer at first has a past that is not asked for.
    return isKnown ? requests : requests.filter(({ at }) => at >= beganAt);
  }

  async function pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(askEveryMilliseconds, resolve);
    await Promise.race([promise, ended.promise]);
    cancel();
  }

  return {
    async begin() {
      await askForNews(null);
    },
    async next() {
      const quietAt = clock.steady() + quietMilliseconds;
      for (;;) {
        await pause();
        if (hasEnded) return undefined;
        const news = await askForNews([...before].map(([life, told]) => ({ life, before: told })));
        const isNews = news.requests.length > 0 || news.missed > 0;
        if (isNews || clock.steady() >= quietAt) return news;
      }
    },
    end() {
      hasEnded = true;
      ended.resolve();
      onEnd();
    },
  };
}
