import { createHistogram, type Histogram } from "../../control/histogram.ts";
import type { MeasuresWriter } from "../../control/measures.ts";
import type { OriginMeter } from "../../origin/forward.ts";

/** What is measured of the origins, by the names of their sites and their own. */
export interface OriginMeasures {
  /** For one of them; the same again where its door is opened anew. */
  meterFor(site: string, origin: string): OriginMeter;
  tell(writer: MeasuresWriter): void;
}

interface OfOrigin {
  readonly labels: { readonly site: string; readonly origin: string };
  readonly meter: OriginMeter;
  readonly firstByte: Histogram;
  /** By the class of the status. */
  readonly answers: Map<string, number>;
  /** By reason. */
  readonly failures: Map<string, number>;
  receivedBytes: number;
}

export function createOriginMeasures(): OriginMeasures {
  const origins = new Map<string, OfOrigin>();
  return {
    meterFor(site, origin) {
      const name = JSON.stringify([site, origin]);
      const its = origins.get(name) ?? createOrigin(site, origin);
      origins.set(name, its);
      return its.meter;
    },
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

function createOrigin(site: string, origin: string): OfOrigin {
  const its: OfOrigin = {
    labels: { site, origin },
    firstByte: createHistogram("origin_first_byte_seconds"),
    answers: new Map(),
    failures: new Map(),
    receivedBytes: 0,
    meter: {
      answered(answer, milliseconds) {
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

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
