import type { RecordedRequest } from "../control/requests.ts";
import type { Clock } from "../system/clock.ts";
import type { Fleet } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";
import { createRequestFeed, type News, type RequestFeed } from "./request-feed.ts";

/** Somebody who wants to hear of requests as they happen. */
export interface Follower {
  /** Waits for news, but not for ever: where nothing comes it has none after a while. Undefined when it has ended. */
  next(): Promise<News | undefined>;
  end(): void;
}

/**
 * Workers are asked, again and again, for what is new in what they remember anyway: while nobody follows they do nothing
 * for it, and for who is slow little is kept: of too many requests the oldest are not told, and counted.
 */
export interface Following {
  /**
   * Of the requests that are so; from now on, and of each worker so many at a time at the most. Rejects with a `FleetError`
   * where so many follow that no more can.
   */
  follow(where: string, mostAtOnce?: number): Promise<Follower>;
  /** Ends all. */
  stop(): void;
}

/** After which who follows is told that there is nothing: connections are closed on which nothing passes. */
const quietMilliseconds = 15_000;
/** Of each worker at a time, for all who follow together: whoever looks may not slow down those who serve. */
const requestsAtOnce = 1_000;
/** Kept for one who is slow; all who follow the same keep the same ones. */
const waitingAtMost = 2_000;
const followersAtMost = 32;

export function createFollowing(fleet: Pick<Fleet, "ask">, clock: Clock): Following {
  const followers = new Set<Follower>();
  /** By what is looked for, and how many at a time. */
  const feeds = new Map<string, { readonly feed: RequestFeed; followers: number }>();
  const share = () => Math.ceil(requestsAtOnce / Math.max(1, feeds.size));
  let isStopped = false;

  function feedOf(name: string, where: string, mostAtOnce: number) {
    const known = feeds.get(name);
    if (known !== undefined) return known;
    const atOnce = () => Math.min(mostAtOnce, share());
    const made = { feed: createRequestFeed({ fleet, clock, where, atOnce }), followers: 0 };
    feeds.set(name, made);
    return made;
  }

  return {
    async follow(where, mostAtOnce = requestsAtOnce) {
      if (isStopped) throw new FleetError("cacheproxy is stopping");
      if (followers.size >= followersAtMost)
        throw new FleetError(`${followersAtMost} follow the requests already; one of them should end first`);
      const name = JSON.stringify([where, mostAtOnce]);
      const joined = feedOf(name, where, mostAtOnce);
      joined.followers += 1;
      const follower = createFollower(joined.feed, clock, () => {
        if (!followers.delete(follower)) return;
        joined.followers -= 1;
        if (joined.followers === 0) feeds.delete(name);
      });
      followers.add(follower);
      try {
        await follower.begin();
      } catch (error) {
        // Otherwise its place would be taken for ever.
        follower.end();
        throw error;
      }
      return follower;
    },
    stop() {
      isStopped = true;
      for (const follower of followers) follower.end();
    },
  };
}

function createFollower(
  feed: RequestFeed,
  clock: Clock,
  onEnd: () => void,
): Follower & { begin(): Promise<void> } {
  let hasEnded = false;
  let wake: () => void = () => undefined;
  let waiting: RecordedRequest[] = [];
  let missed = 0;

  function hear(news: News): void {
    waiting.push(...news.requests);
    const tooMany = Math.max(0, waiting.length - waitingAtMost);
    waiting.splice(0, tooMany);
    missed += news.missed + tooMany;
  }

  /** A promise of its own each time: one for the whole life would remember every round, for days. */
  async function roundOrEnd(): Promise<void> {
    const over = Promise.withResolvers<void>();
    wake = over.resolve;
    feed.round().then(over.resolve, over.reject);
    await over.promise;
  }

  function take(): News {
    const news = { requests: waiting, missed };
    waiting = [];
    missed = 0;
    return news;
  }

  return {
    async begin() {
      await feed.join(hear);
      // It went away meanwhile.
      if (hasEnded) feed.leave(hear);
    },
    async next() {
      const quietAt = clock.steady() + quietMilliseconds;
      for (;;) {
        if (hasEnded) return undefined;
        if (waiting.length > 0 || missed > 0 || clock.steady() >= quietAt) return take();
        await roundOrEnd();
      }
    },
    end() {
      hasEnded = true;
      wake();
      feed.leave(hear);
      onEnd();
    },
  };
}
