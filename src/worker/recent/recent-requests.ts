import { type RequestFilter, requestFilter } from "../../control/request-filter.ts";
import type { Position, RecordedRequest } from "../../control/requests.ts";
import type { AnswerAbout, QuestionAbout } from "../../control/worker-questions.ts";
import type { RequestRing } from "./ring.ts";

/** Tells of the last requests, a few at a time, so that those who serve need not wait for it. */
export interface RecentRequests {
  last(asked: Pick<QuestionAbout<"requests">, "where" | "limit">): Promise<AnswerAbout<"requests">>;
  since(asked: Omit<QuestionAbout<"newRequests">, "about">): Promise<AnswerAbout<"newRequests">>;
}

export interface RecentOptions {
  readonly ring: RequestRing;
  /** What no other life of a worker has. */
  readonly life: string;
  /** Lets others have their turn. */
  readonly nextTurn: () => Promise<unknown>;
}

/** So many are looked at between two turns: far less than a millisecond. */
const requestsATurn = 500;

export function createRecentRequests({ ring, life, nextTurn }: RecentOptions): RecentRequests {
  const oldest = () => Math.max(0, ring.count - ring.size);

  /** From one count on, up or down, as long as there are some and they are wanted. */
  async function gather(
    counts: Iterable<number>,
    holds: RequestFilter,
    limit: number,
  ): Promise<{ gathered: RecordedRequest[]; overtaken: number }> {
    const gathered: RecordedRequest[] = [];
    let looked = 0;
    let overtaken = 0;
    for (const count of counts) {
      // Others have taken its place meanwhile.
      if (count < oldest()) {
        overtaken += 1;
        continue;
      }
      const request = ring.at(count);
      if (holds(request)) gathered.push({ ...request });
      if (gathered.length === limit) break;
      looked += 1;
      if (looked % requestsATurn === 0) await nextTurn();
    }
    return { gathered, overtaken };
  }

  return {
    async last({ where, limit }) {
      const { gathered } = await gather(downwards(ring.count, oldest()), requestFilter(where), limit);
      return { about: "requests", requests: gathered };
    },
    async since({ where, limit, positions }) {
      const end = ring.count;
      const position = { life, before: end };
      if (positions === null) return { about: "newRequests", requests: [], position, missed: 0 };
      const wanted = beginOf(positions, life);
      const start = Math.min(Math.max(wanted, oldest()), end);
      const { gathered, overtaken } = await gather(upwards(start, end), requestFilter(where), ring.size);
      // Of too many the newest are told.
      const requests = gathered.slice(-limit);
      const missed = start - Math.min(wanted, start) + overtaken + gathered.length - requests.length;
      return { about: "newRequests", requests, position, missed };
    },
  };
}

/** A worker that was not there before is told from its first request on. */
function beginOf(positions: readonly Position[], life: string): number {
  return positions.find((position) => position.life === life)?.before ?? 0;
}

function* upwards(from: number, before: number): Iterable<number> {
  for (let count = from; count < before; count++) yield count;
}

function* downwards(before: number, to: number): Iterable<number> {
  for (let count = before - 1; count >= to; count--) yield count;
}
