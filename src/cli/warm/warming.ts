import type { Settings } from "../../config/schema.ts";
import { type Serving, servingSchema } from "../../control/serving.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { askSupervisor, NotRunningError } from "../admin-client.ts";
import { CommandError, type Surroundings } from "../surroundings.ts";
import { ask, type Outcome } from "./ask.ts";
import { type Choice, createChoice, type LeftOut } from "./choice.ts";
import { askForAll } from "./crew.ts";
import { fetchSource } from "./fetch-source.ts";
import { heedInterrupts, type Interrupts } from "./interrupts.ts";
import type { Notes } from "./notes.ts";
import { createPace } from "./pace.ts";
import { startProgress } from "./progress.ts";
import { readAhead } from "./read-ahead.ts";
import { readBytes } from "./read-bytes.ts";
import { type Source, urlsOf } from "./sources.ts";
import { type Asked, count, emptyTally, type Tally } from "./tally.ts";
import type { Wanted } from "./wanted.ts";

export interface WarmingParts {
  readonly sources: readonly Source[];
  readonly wanted: Wanted;
  readonly settings: Settings;
  readonly serving: Serving;
  readonly notes: Notes | undefined;
  readonly surroundings: Surroundings;
}

/** What a run has come to. */
export interface Warmed {
  readonly tally: Tally;
  readonly leftOut: LeftOut;
  readonly troubles: readonly SourceTrouble[];
  readonly milliseconds: number;
  /** Why it ended. */
  readonly end: "whole" | "interrupted" | "hopeless" | "gone";
}

/** A source that could not be read whole. */
export interface SourceTrouble {
  readonly source: string;
  readonly problem: string;
}

/** So many requests are known before they are sent: as many as a sitemap may name, so that of most sites all are. */
const ahead = 50_000;

/** Asks the running proxy for all that the sources name, as visitors would, and tells how far it is meanwhile. */
export async function warmAll(parts: WarmingParts): Promise<Warmed> {
  const { wanted, settings, notes } = parts;
  const { complain, machine } = parts.surroundings;
  const interrupts = heedInterrupts();
  const patience = { timeout: wanted.timeout, signal: interrupts.cut };
  const choice = createChoice(parts.serving);
  const tally = emptyTally();
  const troubles: SourceTrouble[] = [];
  const beganAt = clock.steady();
  let firstAt: number | undefined;
  const urls = urlsOf(parts.sources, {
    fetchBytes: (url) => fetchSource(url, choice, patience),
    readFile: readBytes,
    base: wanted.base,
    onTrouble: (source, problem) => void troubles.push({ source, problem }),
  });
  const requests = readAhead(requestsOf(urls, choice, parts, tally), ahead, interrupts.ending);
  const stand = () => ({
    ...{ done: tally.requests, known: requests.known, isWhole: requests.isWhole },
    milliseconds: firstAt === undefined ? 0 : clock.steady() - firstAt,
  });
  const isTerminal = machine.terminal && process.stderr.isTTY === true;
  const progress = startProgress(stand, isTerminal, complain);
  const watch = watchProxy(settings, interrupts);
  let isHopeless = false;
  try {
    await askForAll({
      requests,
      concurrency: wanted.concurrency,
      pace: createPace({ ...wanted, clock, signal: interrupts.ending, onSlower: progress.say }),
      ask({ page, variant }) {
        firstAt ??= clock.steady();
        return ask(page, variant, patience, parts.serving.maxObject);
      },
      onOutcome(asked, outcome) {
        if (outcome.kind === "unanswered" && (interrupts.cut.aborted || watch.isGone())) return;
        if (outcome.kind === "unanswered") watch.look();
        count(tally, asked, outcome);
        if (isDone(outcome)) notes?.note(asked.page.url.href, asked.variant);
      },
      onHopeless(line) {
        isHopeless = true;
        progress.say(line);
        interrupts.end();
      },
    });
  } finally {
    progress.end();
    interrupts.close();
  }
  const end = watch.isGone()
    ? "gone"
    : isHopeless
      ? "hopeless"
      : interrupts.bySignal
        ? "interrupted"
        : "whole";
  return { tally, leftOut: choice.leftOut, troubles, milliseconds: clock.steady() - beganAt, end };
}

/** Each URL that can be asked for in all its variants, without those that a former run has done. */
async function* requestsOf(
  urls: AsyncIterable<string>,
  choice: Choice,
  { wanted, notes }: WarmingParts,
  tally: Tally,
): AsyncGenerator<Asked> {
  for await (const url of urls) {
    const page = choice.choose(url);
    if (page === undefined) continue;
    for (const variant of wanted.variants) {
      if (notes?.has(page.url.href, variant) === true) tally.resumed += 1;
      else yield { page, variant };
    }
  }
}

function isDone({ kind }: Outcome): boolean {
  return kind === "cached" || kind === "uncached";
}

/** Where there is no answer, it may be that there is nobody to give one: then it is over. */
function watchProxy(settings: Settings, interrupts: Interrupts) {
  let isLooking = false;
  let isGone = false;

  async function look(): Promise<void> {
    try {
      await askSupervisor(settings, "/serving", servingSchema);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      isGone ||= error instanceof NotRunningError;
      if (isGone) interrupts.end();
    } finally {
      isLooking = false;
    }
  }

  return {
    isGone: () => isGone,
    look() {
      if (isLooking) return;
      isLooking = true;
      // What is not foreseen there is no answer to the question, and the run goes on.
      look().catch(() => undefined);
    },
  };
}
