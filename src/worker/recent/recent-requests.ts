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

  /**
   * The newest that are wanted, the newest first, of those from `start` on and before `end`. `untold` are as wanted and too
   * many; they are looked at and not made. `overtaken` are those whose places others have taken meanwhile.
   */
  async function gather(start: number, end: number, holds: RequestFilter, limit: number, counts: boolean) {
    const gathered: RecordedRequest[] = [];
    let untold = 0;
    for (let count = end - 1; count >= start; count--) {
      if (count < oldest()) return { gathered, untold, overtaken: count - start + 1 };
      const request = ring.at(count);
      if (holds(request)) {
        if (gathered.length < limit) gathered.push({ ...request });
        else untold += 1;
      }
      if (!counts && gathered.length === limit) break;
      if ((end - count) % requestsATurn === 0) await nextTurn();
    }
    return { gathered, untold, overtaken: 0 };
  }

  /** However many ask, and however long it takes, those who serve have every second turn. */
  let busy: Promise<unknown> = Promise.resolve();
  function afterOthers<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const answer = busy.then(work);
    busy = answer.catch(() => undefined);
    return answer;
  }

  return {
    async last({ where, limit }) {
      const holds = requestFilter(where);
      const { gathered } = await afterOthers(() => gather(oldest(), ring.count, holds, limit, false));
      return { about: "requests", requests: gathered };
    },
    async since({ where, limit, positions }) {
      const end = ring.count;
      const position = { life, before: end };
      if (positions === null) return { about: "newRequests", requests: [], position, missed: 0 };
      const wanted = beginOf(positions, life);
      const start = Math.min(Math.max(wanted, oldest()), end);
      const holds = requestFilter(where);
      const { gathered, untold, overtaken } = await afterOthers(() => gather(start, end, holds, limit, true));
      const missed = start - Math.min(wanted, start) + overtaken + untold;
      const requests = gathered.reverse();
      return { about: "newRequests", requests, position, missed };
    },
  };
}

/** A worker that was not there before is told from its first request on. */
function beginOf(positions: readonly Position[], life: string): number {
  return positions.find((position) => position.life === life)?.before ?? 0;
}
