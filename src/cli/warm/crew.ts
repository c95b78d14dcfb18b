import type { Outcome } from "./ask.ts";
import type { Pace } from "./pace.ts";
import type { ReadAhead } from "./read-ahead.ts";
import type { Asked } from "./tally.ts";

export interface CrewParts {
  readonly requests: ReadAhead<Asked>;
  /** At the most at a time; the pace may want fewer. */
  readonly concurrency: number;
  readonly pace: Pace;
  readonly ask: (asked: Asked) => Promise<Outcome>;
  /** What became of a request in the end. */
  readonly onOutcome: (asked: Asked, outcome: Outcome) => void;
  /** So many in a row that had no good answer are enough: what is wrong. */
  readonly onHopeless: (line: string) => void;
}

/** An origin that asks for less is asked so often before a request has failed. */
const mostTries = 4;
/** So many requests in a row without a good answer are a server that is gone. */
const hopeless = 20;
const overloaded = new Set([429, 503]);
const absent = new Set([429, 502, 503, 504]);

/** Has all of them asked for, some at a time, until there is none any more. Resolves when the last one has ended. */
export async function askForAll(parts: CrewParts): Promise<void> {
  const { requests, onOutcome } = parts;
  const underWay = new Set<Promise<void>>();
  let inVain = 0;
  let failure: { readonly error: unknown } | undefined;

  async function work(asked: Asked): Promise<void> {
    const outcome = await askPatiently(asked, parts);
    if (outcome === undefined) return;
    inVain = isInVain(outcome) ? inVain + 1 : 0;
    if (inVain === hopeless)
      parts.onHopeless(`${hopeless} requests in a row had no good answer: it is given up`);
    onOutcome(asked, outcome);
  }

  for (;;) {
    while (underWay.size >= parts.concurrency) await Promise.race(underWay);
    const asked = failure === undefined ? await requests.next() : undefined;
    if (asked === undefined) break;
    const one: Promise<void> = work(asked)
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
}

/** Again where the origin asks for less, when it has been given the time that it wants. Undefined where it was over before. */
async function askPatiently(asked: Asked, { pace, ask }: CrewParts): Promise<Outcome | undefined> {
  let last: Outcome | undefined;
  for (let tries = 1; tries <= mostTries && (await pace.enter()); tries++) {
    try {
      last = await ask(asked);
    } finally {
      pace.leave();
    }
    if (last.kind === "cached" || last.kind === "uncached") pace.well();
    if (last.kind !== "refused" || !overloaded.has(last.status)) return last;
    pace.tooMuch(last.status, last.retryAfter);
  }
  return last;
}

function isInVain(outcome: Outcome): boolean {
  return outcome.kind === "unanswered" || (outcome.kind === "refused" && absent.has(outcome.status));
}
