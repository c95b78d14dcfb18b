import { z } from "zod";
import type { CounterName, GaugeName, HistogramName, MetricName } from "./metrics.ts";

/**
 * What one process has measured, by series: name and labels as /metrics tells them, so that whoever puts several processes
 * together need not take them apart.
 */
export const measuresSchema = z.strictObject({
  /** What only grows while the process lives. */
  counters: z.record(z.string(), z.number().nonnegative()),
  /** What is so now. */
  gauges: z.record(z.string(), z.number()),
  /** How many fell into each bucket and beyond the last, and then the sum. */
  histograms: z.record(z.string(), z.array(z.number())),
});
export type Measures = z.infer<typeof measuresSchema>;

export type Labels = Readonly<Record<string, string>>;

/** Gathers measures under names that there are. */
export interface MeasuresWriter {
  counter(name: CounterName, labels: Labels, value: number): void;
  gauge(name: GaugeName, labels: Labels, value: number): void;
  histogram(name: HistogramName, labels: Labels, buckets: ArrayLike<number>): void;
}

/** All that each of these has to tell. */
export function gatherMeasures(...tellers: readonly ((writer: MeasuresWriter) => void)[]): Measures {
  const measures: Measures = { counters: {}, gauges: {}, histograms: {} };
  const writer: MeasuresWriter = {
    counter(name, labels, value) {
      const series = seriesOf(name, labels);
      measures.counters[series] = (measures.counters[series] ?? 0) + value;
    },
    gauge(name, labels, value) {
      const series = seriesOf(name, labels);
      measures.gauges[series] = (measures.gauges[series] ?? 0) + value;
    },
    histogram(name, labels, buckets) {
      measures.histograms[seriesOf(name, labels)] = Array.from(buckets);
    },
  };
  for (const tell of tellers) tell(writer);
  return measures;
}

/** `requests_total{site="shop",cache="HIT"}` */
export function seriesOf(name: MetricName, labels: Labels): string {
  let written = "";
  // One text that grows: lists of parts would hold up a busy worker nearly twice as long.
  for (const label in labels) {
    written += `${written === "" ? "" : ","}${label}="${escaped(labels[label] ?? "")}"`;
  }
  return written === "" ? name : `${name}{${written}}`;
}

/** Whether what `seriesOf` has written is of that metric, with whatever labels. */
export function isSeriesOf(name: MetricName, series: string): boolean {
  return series === name || series.startsWith(`${name}{`);
}

/** As Prometheus' text format has it. */
function escaped(value: string): string {
  return !/[\\"\n]/.test(value)
    ? value
    : value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
