import type { Measures } from "../../control/measures.ts";
import {
  boundsOf,
  type HistogramName,
  type MetricName,
  metricPrefix,
  metrics,
} from "../../control/metrics.ts";

/** What a scraper is told that the text is. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** All of it in Prometheus' text format, each family with its lines together. */
export function exposition({ counters, gauges, histograms }: Measures): string {
  const lines = new Map<string, string[]>();
  const plain = [...Object.entries(counters), ...Object.entries(gauges)];
  for (const [series, value] of plain) {
    const { name } = taken(series);
    append(lines, name, `${metricPrefix}${series} ${value}`);
  }
  for (const [series, buckets] of Object.entries(histograms)) {
    const { name, labels } = taken(series);
    append(lines, name, ...histogramLines(name, labels, buckets));
  }
  return Object.entries(metrics)
    .filter(([name]) => lines.has(name))
    .map(([name, { help, type }]) => {
      const head = `# HELP ${metricPrefix}${name} ${help}\n# TYPE ${metricPrefix}${name} ${type}\n`;
      return `${head}${lines.get(name)?.join("\n")}\n`;
    })
    .join("");
}

function histogramLines(name: string, labels: string, buckets: readonly number[]): string[] {
  if (!isHistogram(name)) return [];
  const before = labels === "" ? "" : `${labels},`;
  const behind = labels === "" ? "" : `{${labels}}`;
  let count = 0;
  const below = boundsOf(name).map((bound, place) => {
    count += buckets[place] ?? 0;
    return `${metricPrefix}${name}_bucket{${before}le="${bound}"} ${count}`;
  });
  const all = count + (buckets.at(-2) ?? 0);
  return [
    ...below,
    `${metricPrefix}${name}_bucket{${before}le="+Inf"} ${all}`,
    `${metricPrefix}${name}_sum${behind} ${buckets.at(-1) ?? 0}`,
    `${metricPrefix}${name}_count${behind} ${all}`,
  ];
}

function isHistogram(name: string): name is HistogramName {
  return Object.hasOwn(metrics, name) && metrics[name as MetricName].type === "histogram";
}

function taken(series: string): { readonly name: string; readonly labels: string } {
  const begin = series.indexOf("{");
  return begin < 0
    ? { name: series, labels: "" }
    : { name: series.slice(0, begin), labels: series.slice(begin + 1, -1) };
}

function append(lines: Map<string, string[]>, name: string, ...more: readonly string[]): void {
  const known = lines.get(name);
  if (known === undefined) lines.set(name, [...more]);
  else known.push(...more);
}
