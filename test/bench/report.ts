import type { Contest } from "./contest.ts";
import type { Measure, Round } from "./rounds.ts";
import { median, type Spread, spreadOf, told } from "./statistics.ts";

type Figure = (measure: Measure) => number;

interface Column {
  readonly title: string;
  readonly figure: Figure;
  readonly withUnit: (value: number) => string;
}

const cost: Column = {
  title: "CPU per request",
  figure: (measure) => measure.processorMicroseconds,
  withUnit: duration,
};
const columns: readonly Column[] = [
  cost,
  {
    title: "Throughput",
    figure: (measure) => measure.requestsPerSecond,
    withUnit: (value) => `${value.toFixed(0)}/s`,
  },
  { title: "99th percentile of latency", figure: (measure) => measure.p99Microseconds, withUnit: duration },
];

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

/** Markdown: a table a figure. */
export function tables(contests: readonly Contest[], servers: readonly string[]): string {
  return columns.map((column) => `### ${column.title}\n\n${table(contests, servers, column)}`).join("\n\n");
}

/** Markdown: the table of CPU per request alone, without a title. */
export function costTable(contests: readonly Contest[], servers: readonly string[]): string {
  return table(contests, servers, cost);
}

/** Each server as a ratio to nginx (to the first, where there is no nginx), and the program beside its floor. */
function table(
  contests: readonly Contest[],
  servers: readonly string[],
  { figure, withUnit }: Column,
): string {
  const base = servers.includes("nginx") ? "nginx" : (servers[0] ?? "");
  const pairs = servers.filter((name) => name !== base).map((name) => [name, base] as const);
  if (base !== "floor" && servers.includes("floor") && servers.includes("cacheproxy"))
    pairs.push(["cacheproxy", "floor"]);
  const header = ["workload", base, ...pairs.map(([name, to]) => `${name} / ${to}`)];
  const rows = contests.map(({ workload, rounds }) => {
    const absolute = rounds.flatMap((round) => round.get(base) ?? []).map(figure);
    const cells = pairs.map(([name, to]) => ratios(rounds, figure, name, to)).map(cell);
    return line([workload, absolute.length === 0 ? absence : withUnit(median(absolute)), ...cells]);
  });
  return [line(header), line(header.map(() => "---")), ...rows].join("\n");
}

/** For a server that took no part. */
const absence = "·";

function cell(spread: Spread | undefined): string {
  return spread === undefined ? absence : told(spread);
}

function duration(microseconds: number): string {
  if (microseconds >= 10_000) return `${(microseconds / 1000).toFixed(1)} ms`;
  return `${microseconds.toFixed(microseconds < 100 ? 1 : 0)} µs`;
}

export function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Who took no part and why, and where rounds were disturbed, a line each. */
export function remarks(contests: readonly Contest[]): string {
  return contests
    .flatMap(({ workload, rounds, disturbed, absent }) => [
      ...[...absent].map(([name, why]) => `- ${workload}: ${name} ${why}`),
      ...(disturbed === 0
        ? []
        : [`- ${workload}: something else disturbed ${disturbed} of ${rounds.length} rounds`]),
    ])
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
