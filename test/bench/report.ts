import type { Contest } from "./contest.ts";
import type { Measure, Round } from "./rounds.ts";
import { median, type Spread, spreadOf } from "./statistics.ts";

type Figure = (measure: Measure) => number;

const figures: Readonly<Record<string, Figure>> = {
  "CPU per request": (measure) => measure.processorMicroseconds,
  Throughput: (measure) => measure.requestsPerSecond,
  "99th percentile of latency": (measure) => measure.p99Microseconds,
};

/** Ratios of one server to another, each within one round. Undefined when one of them took no part. */
export function ratios(
  rounds: readonly Round[],
  figure: Figure,
  server: string,
  to: string,
): Spread | undefined {
  const each = rounds.flatMap((round) => {
    const [one, other] = [round.get(server), round.get(to)];
    return one && other ? [figure(one) / figure(other)] : [];
  });
  return each.length === 0 ? undefined : spreadOf(each);
}

/** Markdown: a table a figure, each server as a ratio to nginx, and the program beside its floor. */
export function tables(contests: readonly Contest[], servers: readonly string[]): string {
  const parts = Object.entries(figures).map(([title, figure]) => {
    const columns = servers.filter((name) => name !== "nginx");
    const header = ["workload", "nginx", ...columns.map((name) => `${name} / nginx`), "cacheproxy / floor"];
    const rows = contests.map((contest) => row(contest, figure, columns, title));
    return [`### ${title}`, "", line(header), line(header.map(() => "---")), ...rows].join("\n");
  });
  return `${parts.join("\n\n")}\n`;
}

function row(
  { workload, rounds, absent }: Contest,
  figure: Figure,
  columns: readonly string[],
  title: string,
): string {
  const absolute = rounds.flatMap((round) => round.get("nginx") ?? []).map(figure);
  const cells = columns.map((name) => {
    const spread = ratios(rounds, figure, name, "nginx");
    return spread === undefined ? (absent.has(name) ? "·" : "") : told(spread);
  });
  const toFloor = ratios(rounds, figure, "cacheproxy", "floor");
  const nginx = absolute.length === 0 ? "" : withUnit(median(absolute), title);
  return line([workload, nginx, ...cells, toFloor === undefined ? "" : told(toFloor)]);
}

function told({ median, lowest, highest }: Spread): string {
  return `${median.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}

function withUnit(value: number, title: string): string {
  if (title === "Throughput") return `${value.toFixed(0)}/s`;
  return value < 10_000 ? `${value.toFixed(value < 100 ? 1 : 0)} µs` : `${(value / 1000).toFixed(1)} ms`;
}

export function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Who took no part, and why, a line each. */
export function absences(contests: readonly Contest[]): string {
  return contests
    .flatMap(({ workload, absent }) => [...absent].map(([name, why]) => `- ${workload}: ${name} ${why}`))
    .join("\n");
}

/** As it goes into the JSON file. */
export function plain({ workload, rounds, disturbed, absent }: Contest) {
  return {
    workload,
    disturbed,
    absent: Object.fromEntries(absent),
    rounds: rounds.map((round) => Object.fromEntries(round)),
  };
}
