import { type RateWindow, WINDOW_SECONDS, type WorkerLoad } from "../control/top.ts";
import type { Counters } from "../control/messages.ts";

/** What was counted until then. */
export interface Sample {
  /** Milliseconds, by the steady clock. */
  readonly at: number;
  readonly counters: Counters;
  /** By pid: what takes a worker's place begins anew. */
  readonly loads: ReadonlyMap<number, WorkerLoad>;
}

/** How busy a worker is now. */
export interface WorkerRate {
  readonly requests?: number;
  /** Shares of one processor. */
  readonly processor?: number;
  readonly residentBytes?: number;
}

export const SAMPLE_MILLISECONDS = 2_000;
const longestWindow = Math.max(...WINDOW_SECONDS);
/** One more than there are stretches between them. */
export const SAMPLES_KEPT = (longestWindow * 1000) / SAMPLE_MILLISECONDS + 1;
/** Samples of one stretch of the history: ten seconds. */
const stretch = 5;

/** What of the counters rates are made of: hundreds of samples are kept. */
export function countersOfRates(counters: Counters): Counters {
  return Object.fromEntries(
    Object.entries(counters).filter(([name]) =>
      /^(requests|bytesSent|requestsSpared|bytesSpared|cache\..*|forwarded\..*)$/.test(name),
    ),
  );
}

/** What came in a second until the last of the samples, over each of the windows. The samples are in the order of time. */
export function windowsOf(samples: readonly Sample[]): RateWindow[] {
  return WINDOW_SECONDS.map((seconds) => windowOf(seconds, samples));
}

function windowOf(seconds: number, samples: readonly Sample[]): RateWindow {
  const rates = ratesBetween(firstOf(seconds, samples), samples.at(-1));
  const outcomes = Object.fromEntries(
    Object.entries(rates.counters).flatMap(([name, rate]) =>
      name.startsWith("cache.") && rate > 0 ? [[name.slice("cache.".length), rate]] : [],
    ),
  );
  const forwarded = Object.entries(rates.counters)
    .filter(([name]) => name.startsWith("forwarded."))
    .reduce((sum, [, rate]) => sum + rate, 0);
  return {
    ...{ seconds, covered: rates.seconds, outcomes },
    requests: rates.counters["requests"] ?? 0,
    bytes: rates.counters["bytesSent"] ?? 0,
    // Who was collapsed has waited for another request's answer.
    asked: Math.max(0, forwarded - (rates.counters["cache.COLLAPSED"] ?? 0)),
    spared: rates.counters["requestsSpared"] ?? 0,
    sparedBytes: rates.counters["bytesSpared"] ?? 0,
  };
}

/** The first sample that is no older than so many seconds before the last. Samples are taken by a timer, which may be late. */
function firstOf(seconds: number, samples: readonly Sample[]): Sample | undefined {
  const earliest = (samples.at(-1)?.at ?? 0) - seconds * 1000 - SAMPLE_MILLISECONDS / 2;
  return samples.find(({ at }) => at >= earliest);
}

/** How much in a second each counter grew. Those of a worker that was killed fall by what it had not told yet. */
function ratesBetween(
  from: Sample | undefined,
  to: Sample | undefined,
): { readonly seconds: number; readonly counters: Counters } {
  if (from === undefined || to === undefined || to.at <= from.at) return { seconds: 0, counters: {} };
  const seconds = (to.at - from.at) / 1000;
  const growth = Object.entries(to.counters).map(([name, count]) => [
    name,
    Math.max(0, count - (from.counters[name] ?? 0)) / seconds,
  ]);
  return { seconds, counters: Object.fromEntries(growth) };
}

/** Requests in a second, of each stretch of ten seconds, the latest last. */
export function historyOf(samples: readonly Sample[]): number[] {
  const history: number[] = [];
  for (let end = samples.length - 1; end >= stretch; end -= stretch) {
    history.unshift(ratesBetween(samples[end - stretch], samples[end]).counters["requests"] ?? 0);
  }
  return history;
}

/** How busy the worker of that pid was over the shortest window. */
export function rateOfWorker(pid: number | undefined, samples: readonly Sample[]): WorkerRate {
  if (pid === undefined) return {};
  const to = samples.at(-1);
  const earliest = firstOf(WINDOW_SECONDS[0], samples)?.at ?? 0;
  const from = samples.find(({ at, loads }) => at >= earliest && loads.has(pid));
  const [before, now] = [from?.loads.get(pid), to?.loads.get(pid)];
  if (from === undefined || to === undefined || before === undefined || now === undefined) return {};
  const { residentBytes } = now;
  const milliseconds = to.at - from.at;
  if (milliseconds <= 0) return { residentBytes };
  return {
    residentBytes,
    requests: (1000 * (now.requests - before.requests)) / milliseconds,
    processor: (now.processorMilliseconds - before.processorMilliseconds) / milliseconds,
  };
}
