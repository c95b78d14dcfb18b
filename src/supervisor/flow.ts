import { isHit } from "../control/outcomes.ts";
import { quantileOf } from "../control/histogram.ts";
import { isSeriesOf, type Measures } from "../control/measures.ts";
import type { HistogramName } from "../control/metrics.ts";
import type { Flow, History, Overview, SiteSums, Wait } from "../control/overview.ts";

/** What had been counted at one moment since the start, over all sites and origins. */
export interface Counted extends Flow {
  /** Milliseconds, by the steady clock. */
  readonly at: number;
  /** Buckets of the histograms. */
  readonly hit: readonly number[];
  readonly origin: readonly number[];
}

export function countedIn({ counters, histograms }: Measures, at: number): Counted {
  const outcomes: Record<string, number> = {};
  let [sentBytes, savedBytes] = [0, 0];
  for (const [series, count] of Object.entries(counters)) {
    if (isSeriesOf("requests_total", series)) {
      const word = wordIn(series);
      outcomes[word] = (outcomes[word] ?? 0) + count;
    } else if (isSeriesOf("sent_bytes_total", series)) sentBytes += count;
    else if (isSeriesOf("saved_bytes_total", series)) savedBytes += count;
  }
  return {
    ...{ at, outcomes, sentBytes, savedBytes },
    hit: bucketsOf("hit_duration_seconds", histograms),
    origin: bucketsOf("origin_first_byte_seconds", histograms),
  };
}

/** What each site has come to since the start, the busiest first. */
export function sitesIn({ counters }: Measures): SiteSums[] {
  const sites = new Map<string, { requests: number; hits: number; sentBytes: number; savedBytes: number }>();
  for (const [series, count] of Object.entries(counters)) {
    const kind = ofSites.find((name) => isSeriesOf(name, series));
    if (kind === undefined) continue;
    const site = /[{,]site="((?:[^"\\]|\\.)*)"/.exec(series)?.[1]?.replace(/\\(.)/g, "$1") ?? "";
    const its = sites.getOrInsertComputed(site, () => ({
      requests: 0,
      hits: 0,
      sentBytes: 0,
      savedBytes: 0,
    }));
    if (kind === "sent_bytes_total") its.sentBytes += count;
    else if (kind === "saved_bytes_total") its.savedBytes += count;
    else {
      its.requests += count;
      if (isHit(wordIn(series))) its.hits += count;
    }
  }
  return [...sites]
    .map(([site, its]) => ({ site, ...its }))
    .filter(({ site, requests }) => site !== "" || requests > 0)
    .sort((one, other) => other.requests - one.requests);
}

const ofSites = ["requests_total", "sent_bytes_total", "saved_bytes_total"] as const;

function wordIn(series: string): string {
  return /[{,]cache="(\w+)"/.exec(series)?.[1] ?? "";
}

/** Since the start. */
export function flowOf({ outcomes, sentBytes, savedBytes }: Counted): Flow {
  return { outcomes, sentBytes, savedBytes };
}

/** In a second, between the two; nothing where there is no time between them. What a lost worker had not told is no less than none. */
export function flowBetween(before: Counted, after: Counted): Flow {
  const seconds = (after.at - before.at) / 1000;
  const rate = (from: number, to: number) =>
    seconds > 0 ? Math.round((Math.max(0, to - from) / seconds) * 100) / 100 : 0;
  const outcomes = Object.entries(after.outcomes).flatMap(([word, count]) => {
    const each = rate(before.outcomes[word] ?? 0, count);
    return each > 0 ? [[word, each] as const] : [];
  });
  return {
    outcomes: Object.fromEntries(outcomes),
    sentBytes: rate(before.sentBytes, after.sentBytes),
    savedBytes: rate(before.savedBytes, after.savedBytes),
  };
}

/** How long hits and answers of origins took, of those between the two. */
export function waitsBetween(before: Counted, after: Counted): Overview["waits"] {
  return {
    hit: waitOf("hit_duration_seconds", before.hit, after.hit),
    origin: waitOf("origin_first_byte_seconds", before.origin, after.origin),
  };
}

function waitOf(name: HistogramName, before: readonly number[], after: readonly number[]): Wait {
  const grown = after.map((count, place) => Math.max(0, count - (before[place] ?? 0)));
  const within = (share: number) => inMilliseconds(quantileOf(name, grown, share));
  return { median: within(0.5), slowest: within(0.99) };
}

/** No more exact than it means something. */
function inMilliseconds(seconds: number | null): number | null {
  return seconds === null ? null : Number((seconds * 1000).toPrecision(3));
}

/** What came between two moments, in a second. */
export interface Stretch extends Flow {
  /** Milliseconds since the epoch, of its end. */
  readonly at: number;
  readonly waits: Overview["waits"];
}

/** The stretches as lists of one thing each: less to send, and what charts are drawn of. */
export function columnsOf(stretches: readonly Stretch[]): History {
  const words = new Set(stretches.flatMap(({ outcomes }) => Object.keys(outcomes)));
  const waits = (of: keyof Overview["waits"]) => ({
    median: stretches.map((stretch) => stretch.waits[of].median),
    slowest: stretches.map((stretch) => stretch.waits[of].slowest),
  });
  return {
    at: stretches.map(({ at }) => at),
    outcomes: Object.fromEntries(
      [...words].map((word) => [word, stretches.map(({ outcomes }) => outcomes[word] ?? 0)]),
    ),
    sentBytes: stretches.map(({ sentBytes }) => sentBytes),
    savedBytes: stretches.map(({ savedBytes }) => savedBytes),
    hit: waits("hit"),
    origin: waits("origin"),
  };
}

/** Of all sites and origins together. */
function bucketsOf(name: HistogramName, histograms: Measures["histograms"]): readonly number[] {
  const sum: number[] = [];
  for (const [series, buckets] of Object.entries(histograms)) {
    if (!isSeriesOf(name, series)) continue;
    for (const [place, count] of buckets.entries()) sum[place] = (sum[place] ?? 0) + count;
  }
  return sum;
}
