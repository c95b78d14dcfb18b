import { codeOf } from "../../config/listen-refusal.ts";
import type { Settings } from "../../config/schema.ts";
import { type Serving, servingSchema } from "../../control/serving.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { askSupervisor, NotRunningError } from "../admin-client.ts";
import { CommandError, type Surroundings } from "../surroundings.ts";
import { ask, type Outcome } from "./ask.ts";
import { type Choice, createChoice, type LeftOut } from "./choice.ts";
import { askForAll } from "./crew.ts";
import { fetchSource } from "./fetch-source.ts";
import { heedInterrupts, type Interruption } from "./interrupts.ts";
import type { Notes } from "./notes.ts";
import { createPace } from "./pace.ts";
import { type Progress, startProgress } from "./progress.ts";
import { type ReadAhead, readAhead } from "./read-ahead.ts";
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
  readonly end: "whole" | Interruption;
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
  const { wanted, settings, serving, notes, surroundings } = parts;
  const interrupts = heedInterrupts();
  const patience = { timeout: wanted.timeout, signal: interrupts.cut };
  const choice = createChoice(serving);
  const tally = emptyTally();
  const troubles: SourceTrouble[] = [];
  const beganAt = clock.steady();
  const urls = urlsOf(parts.sources, {
    fetchBytes: (url) => fetchSource(url, choice, patience),
    readFile: readBytes,
    base: wanted.base,
    onTrouble: (source, problem) => void troubles.push({ source, problem }),
  });
  const requests = readAhead(requestsOf(urls, choice, parts, tally), ahead, interrupts.ending);
  const progress = showProgress(requests, tally, surroundings);
  const lookForProxy = proxyWatch(settings, () => interrupts.end("gone"), progress.say);
  try {
    await askForAll({
      requests,
      concurrency: wanted.concurrency,
      pace: createPace({ ...wanted, clock, signal: interrupts.ending, onSlower: progress.say }),
      ask({ page, variant }) {
        progress.begin();
        return ask(page, variant, patience, serving.maxObject);
      },
      onOutcome(asked, outcome) {
        if (outcome.kind === "unanswered") {
          if (interrupts.cut.aborted || interrupts.why === "gone") return;
          lookForProxy();
        }
        count(tally, asked, outcome);
        if (isDone(outcome)) notes?.note(asked.page.url.href, asked.variant);
      },
      onHopeless(line) {
        progress.say(line);
        interrupts.end("hopeless");
      },
    });
  } finally {
    progress.end();
    interrupts.close();
  }
  const milliseconds = clock.steady() - beganAt;
  return { tally, leftOut: choice.leftOut, troubles, milliseconds, end: interrupts.why ?? "whole" };
}

/** Of the requests that have ended beside those that are known, and of the time since the first one was sent. */
function showProgress(
  requests: ReadAhead<Asked>,
  tally: Tally,
  { machine, complain }: Surroundings,
): Progress & { begin(): void } {
  let firstAt: number | undefined;
  const stand = () => ({
    ...{ done: tally.requests, known: requests.known, isWhole: requests.isWhole },
    milliseconds: firstAt === undefined ? 0 : clock.steady() - firstAt,
  });
  const isTerminal = machine.terminal && process.stderr.isTTY === true;
  return {
    ...startProgress(stand, isTerminal, complain),
    begin() {
      firstAt ??= clock.steady();
    },
  };
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

/**
 * To be called where a request had no answer: it may be that there is no proxy any more to give one, which is found out beside
 * what goes on.
 */
function proxyWatch(settings: Settings, onGone: () => void, say: (line: string) => void): () => void {
  let isLooking = false;

  async function look(): Promise<void> {
    try {
      await askSupervisor(settings, "/serving", servingSchema);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error instanceof NotRunningError) onGone();
    } finally {
      isLooking = false;
    }
  }

  return () => {
    if (isLooking) return;
    isLooking = true;
    // What is not foreseen there is no answer to the question, and the run goes on.
    look().catch((error: unknown) =>
      say(`whether cacheproxy still runs could not be told (${codeOf(error) ?? error})`),
    );
  };
}
