import type { Measures } from "../../control/measures.ts";
import { metrics } from "../../control/metrics.ts";

/**
 * What all processes have measured since the start. What one has counted stays when it ends: a sum that became smaller would
 * look as if all had begun anew.
 */
export interface Ledger {
  /** The process of that name has told this, in the life it has now. */
  heard(teller: string, measures: Measures): void;
  /** That life is over. */
  ended(teller: string): void;
  /** All together: of who is silent what it has told last. */
  sum(): Measures;
}

export function createLedger(): Ledger {
  const present = new Map<string, Measures>();
  const departed: Measures = { counters: {}, gauges: {}, histograms: {} };
  return {
    heard: (teller, measures) => void present.set(teller, measures),
    ended(teller) {
      const last = present.get(teller);
      if (last !== undefined) addLasting(departed, last);
      present.delete(teller);
    },
    sum: () => sumOf([departed, ...present.values()]),
  };
}

/** What several have measured, as one. */
export function sumOf(all: readonly Measures[]): Measures {
  const sum: Measures = { counters: {}, gauges: {}, histograms: {} };
  for (const measures of all) {
    addLasting(sum, measures);
    for (const [series, value] of Object.entries(measures.gauges)) {
      const known = sum.gauges[series];
      sum.gauges[series] = known === undefined ? value : together(series, known, value);
    }
  }
  return sum;
}

function addLasting(sum: Measures, { counters, histograms }: Measures): void {
  for (const [series, value] of Object.entries(counters)) {
    sum.counters[series] = (sum.counters[series] ?? 0) + value;
  }
  for (const [series, buckets] of Object.entries(histograms)) {
    const known = sum.histograms[series];
    sum.histograms[series] =
      known === undefined ? buckets : buckets.map((value, place) => value + (known[place] ?? 0));
  }
}

function together(series: string, one: number, other: number): number {
  return leastOf.has(nameOf(series)) ? Math.min(one, other) : one + other;
}

const leastOf: ReadonlySet<string> = new Set(
  Object.entries(metrics).flatMap(([name, family]) =>
    "together" in family && family.together === "least" ? [name] : [],
  ),
);

function nameOf(series: string): string {
  const end = series.indexOf("{");
  return end < 0 ? series : series.slice(0, end);
}
