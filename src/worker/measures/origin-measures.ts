import { createHistogram, type Histogram } from "../../control/histogram.ts";
import type { MeasuresWriter } from "../../control/measures.ts";
import type { OriginOutcome } from "../../control/origins.ts";
import type { OriginAnswer, OriginMeter } from "../../origin/forward.ts";

/** What is measured of the origins, by the names of their sites and their own. */
export interface OriginMeasures {
  /** For one of them; the same again where its door is opened anew. */
  meterFor(site: string, origin: string): OriginMeter;
  /** What the last requests to one of them came to, the newest first. */
  latest(site: string, origin: string): OriginOutcome[];
  tell(writer: MeasuresWriter): void;
}

/** So many are remembered of each. */
const mostLatest = 16;

interface OfOrigin {
  readonly labels: { readonly site: string; readonly origin: string };
  readonly meter: OriginMeter;
  readonly firstByte: Histogram;
  /** By the class of the status. */
  readonly answers: Map<string, number>;
  /** By reason. */
  readonly failures: Map<string, number>;
  receivedBytes: number;
  /** The oldest first. */
  readonly latest: OriginOutcome[];
}

export function createOriginMeasures(date: () => number): OriginMeasures {
  const origins = new Map<string, OfOrigin>();
  return {
    meterFor(site, origin) {
      const name = nameOf(site, origin);
      const its = origins.get(name) ?? createOrigin(site, origin, date);
      origins.set(name, its);
      return its.meter;
    },
    latest: (site, origin) => origins.get(nameOf(site, origin))?.latest.toReversed() ?? [],
    tell({ counter, histogram }) {
      for (const { labels, answers, failures, firstByte, receivedBytes } of origins.values()) {
        for (const [status, count] of answers) counter("origin_answers_total", { ...labels, status }, count);
        for (const [reason, count] of failures)
          counter("origin_failures_total", { ...labels, reason }, count);
        counter("origin_received_bytes_total", labels, receivedBytes);
        histogram("origin_first_byte_seconds", labels, firstByte.buckets);
      }
    },
  };
}

function nameOf(site: string, origin: string): string {
  return JSON.stringify([site, origin]);
}

function createOrigin(site: string, origin: string, date: () => number): OfOrigin {
  const its: OfOrigin = {
    labels: { site, origin },
    firstByte: createHistogram("origin_first_byte_seconds"),
    answers: new Map(),
    failures: new Map(),
    receivedBytes: 0,
    latest: [],
    meter: {
      answered(answer, milliseconds) {
        its.latest.push(outcomeOf(answer, milliseconds, date()));
        if (its.latest.length > mostLatest) its.latest.shift();
        if (!answer.ok) return increment(its.failures, answer.failure.reason);
        increment(its.answers, `${Math.floor(answer.response.status / 100)}xx`);
        its.firstByte.note(milliseconds / 1000);
      },
      received(bytes) {
        its.receivedBytes += bytes;
      },
    },
  };
  return its;
}

function outcomeOf(answer: OriginAnswer, milliseconds: number, at: number): OriginOutcome {
  const [status, reason] = answer.ok ? [answer.response.status, null] : [null, answer.failure.reason];
  return { at, status, reason, milliseconds };
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
