import { useEffect } from "preact/hooks";
import { type Cell, createCell, useCell } from "./cell.ts";
import { AskError, ask, locked, wordsOf } from "./session.ts";

/** What is known of what is asked again and again. */
export interface Answer<Value> {
  /** Undefined until the first answer; the last one while there are errors. */
  readonly value: Value | undefined;
  /** When that came, by `performance.now`. */
  readonly at: number | undefined;
  /** Why there is no newer one, in one line; null where all is well. */
  readonly error: string | null;
}

interface Poll {
  readonly cell: Cell<Answer<unknown>>;
  /** How often each of its users wants to know. */
  readonly periods: number[];
  timer: ReturnType<typeof setTimeout> | undefined;
  asking: AbortController | undefined;
  failures: number;
}

const unknown: Answer<unknown> = { value: undefined, at: undefined, error: null };
const longestRest = 30_000;
/** It may take connections and be stopped. */
const longestWait = 10_000;
const polls = new Map<string, Poll>();

/**
 * What that path answers, asked again so many milliseconds after each answer, while the page is to be seen: one question
 * however many want to know. After errors more and more time passes.
 */
export function useAnswer<Value>(path: string, everyMilliseconds: number): Answer<Value> {
  const poll = pollOf(path);
  useEffect(() => {
    poll.periods.push(everyMilliseconds);
    if (poll.periods.length === 1) begin(path, poll);
    return () => {
      poll.periods.splice(poll.periods.indexOf(everyMilliseconds), 1);
      if (poll.periods.length === 0) end(path, poll);
    };
  }, [poll, everyMilliseconds]);
  return useCell(poll.cell) as Answer<Value>;
}

/** Asks at once where somebody looks at it: something has been done that it tells of. */
export function askAnew(path: string): void {
  const poll = polls.get(path);
  if (poll !== undefined && poll.periods.length > 0) begin(path, poll);
}

function pollOf(path: string): Poll {
  const known = polls.get(path);
  if (known !== undefined) return known;
  const poll: Poll = {
    cell: createCell(unknown),
    periods: [],
    timer: undefined,
    asking: undefined,
    failures: 0,
  };
  polls.set(path, poll);
  return poll;
}

function begin(path: string, poll: Poll): void {
  pause(poll);
  if (document.hidden || locked.value !== "no") return;
  const asking = new AbortController();
  poll.asking = asking;
  poll.timer = setTimeout(() => asking.abort(new AskError("cacheproxy does not answer", 0)), longestWait);
  ask(path, asking.signal)
    .then((value) => {
      poll.failures = 0;
      poll.cell.set({ value, at: performance.now(), error: null });
    })
    .catch((error: unknown) => {
      if (poll.asking !== asking) return;
      poll.failures += 1;
      poll.cell.set({ ...poll.cell.value, error: wordsOf(error) });
    })
    .finally(() => {
      if (poll.asking !== asking) return;
      pause(poll);
      poll.timer = setTimeout(() => begin(path, poll), restOf(poll));
    });
}

function restOf({ periods, failures }: Poll): number {
  const period = Math.min(...periods);
  return failures === 0 ? period : Math.max(period, Math.min(longestRest, period * 2 ** failures));
}

function pause(poll: Poll): void {
  clearTimeout(poll.timer);
  poll.asking?.abort();
  poll.asking = undefined;
}

/** What was known is kept for who comes back to it, of a few paths. */
function end(path: string, poll: Poll): void {
  pause(poll);
  poll.failures = 0;
  polls.delete(path);
  polls.set(path, poll);
  const left = [...polls].filter(([, { periods }]) => periods.length === 0);
  for (const [old] of left.slice(0, -8)) polls.delete(old);
}

function changeAll(): void {
  const mayAsk = !document.hidden && locked.value === "no";
  for (const [path, poll] of polls) {
    if (poll.periods.length === 0) continue;
    if (mayAsk) begin(path, poll);
    else pause(poll);
  }
}

document.addEventListener("visibilitychange", changeAll);
locked.watch(changeAll);
