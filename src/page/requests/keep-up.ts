import type { RecordedRequest } from "../../control/requests.ts";
import { AskError, ask, follow, wordsOf } from "../session.ts";
import { hear } from "./news.ts";
import { mostRows, withNews } from "./rows.ts";

/** What is known of the requests that are so. */
export interface RequestsSeen {
  /** The newest first; before `isLoaded` those that were looked for before. */
  readonly rows: readonly RecordedRequest[];
  /** How many more came than could be told. */
  readonly missed: number;
  /** What of the conditions is not understood. */
  readonly wrong: string | null;
  /** Why nothing comes just now. */
  readonly trouble: string | null;
  /** Whether the last requests have been told. */
  readonly isLoaded: boolean;
}

export interface Wanted {
  /** See control/request-filter. */
  readonly where: string;
  /** Whether those that come are wanted, too. */
  readonly isFollowing: boolean;
  /** Aborted when nobody looks any more. */
  readonly signal: AbortSignal;
}

/** What is seen becomes what that makes of it. */
type Change = (change: (before: RequestsSeen) => Partial<RequestsSeen>) => void;

/** More often nobody sees it, and the page would be drawn for each request. */
const drawEveryMilliseconds = 250;
const againAfterMilliseconds = 2_000;
/** Of each worker, four times in a second: more than anybody reads, and a small part of what comes to a busy one. */
const mostAtOnce = 25;

/** Tells the last requests that are so, and those that come, for as long as it is wanted. */
export async function keepUp(wanted: Wanted, change: Change): Promise<void> {
  const { isFollowing, signal } = wanted;
  do {
    try {
      await tell(wanted, change);
      if (isFollowing) change(() => ({ trouble: "cacheproxy has ended" }));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof AskError && error.status === 400) {
        change(() => ({ wrong: error.message }));
        return;
      }
      change(() => ({ trouble: wordsOf(error) }));
    }
    if (isFollowing) await pause(againAfterMilliseconds, signal);
  } while (isFollowing && !signal.aborted);
}

/** Resolves when there is no more to be told. */
async function tell({ where, isFollowing, signal }: Wanted, change: Change): Promise<void> {
  const query = new URLSearchParams({ where });
  // It is open before the last are told, so that none is between the two.
  const events = isFollowing ? await follow(`events?${query}&limit=${mostAtOnce}`, signal) : null;
  const path = `requests?${query}&limit=${mostRows}`;
  const { requests } = await ask<{ readonly requests: readonly RecordedRequest[] }>(path, signal);
  change(({ rows, isLoaded }) => ({
    ...{ rows: withNews(isLoaded ? rows : [], requests), isLoaded: true },
    ...{ wrong: null, trouble: null },
  }));
  if (events !== null) await hear(events, gathering(change));
}

/** Changes what is seen a few times a second, however many come. */
function gathering(change: Change) {
  let come: RecordedRequest[] = [];
  let missed = 0;
  let isPlanned = false;
  const draw = () => {
    const [requests, more] = [come, missed];
    [come, missed, isPlanned] = [[], 0, false];
    change((before) => ({ rows: withNews(before.rows, requests), missed: before.missed + more }));
  };
  const plan = () => {
    if (!isPlanned) setTimeout(draw, drawEveryMilliseconds);
    isPlanned = true;
  };
  return {
    onRequest(request: RecordedRequest) {
      come.push(request);
      plan();
    },
    onMissed(count: number) {
      missed += count;
      plan();
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
