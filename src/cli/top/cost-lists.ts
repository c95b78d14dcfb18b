import { readableCount, readableMilliseconds, readableShare } from "../../control/amounts.ts";
import type { OriginCosts } from "../../control/top.ts";
import { type Column, type Line, span, table } from "../text-layout.ts";

/** A list of which as many lines are shown as there is room for. */
export interface CostList {
  /** The most that it has to show. */
  readonly length: number;
  /** Its heading and so many of its lines, in so many columns of the terminal. */
  lines(count: number, width: number): Line[];
}

const numbers = (heading: string, width: number): Column => ({ heading, width, side: "right" });

/** Why the origin was asked and what became of it, with what that cost. */
export function reasonsList({ costs }: Pick<OriginCosts, "costs">): CostList {
  const all = costs.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const columns: Column[] = [
    { heading: "What costs the origin time", side: "left" },
    numbers("asked", 7),
    numbers("time", 9),
    numbers("share", 7),
  ];
  return listOf(
    columns,
    costs.map(({ forwarded, reason, times, milliseconds }) => [
      span(forwarded === reason ? reason : `${forwarded} → ${reason}`),
      span(readableCount(times)),
      span(readableMilliseconds(milliseconds)),
      span(readableShare(milliseconds, all)),
    ]),
  );
}

export function slowestList({ slowest }: Pick<OriginCosts, "slowest">): CostList {
  const columns: Column[] = [
    { heading: "Slowest at the origin", side: "left" },
    numbers("asked", 7),
    numbers("mean", 9),
    numbers("longest", 9),
  ];
  return listOf(
    columns,
    slowest.map(({ path, times, milliseconds, longest }) => [
      span(path),
      span(readableCount(times)),
      span(readableMilliseconds(milliseconds / times)),
      span(readableMilliseconds(longest)),
    ]),
  );
}

export function missedList({ missed }: Pick<OriginCosts, "missed">): CostList {
  const columns: Column[] = [
    { heading: "Missed most", side: "left" },
    numbers("misses", 7),
    { heading: "why, the last time", width: 23, side: "left" },
  ];
  return listOf(
    columns,
    missed.map(({ url, times, reason }) => [span(url), span(readableCount(times)), span(reason, "dim")]),
  );
}

function listOf(columns: readonly Column[], rows: readonly Line[]): CostList {
  return {
    length: rows.length,
    lines(count, width) {
      const shown = rows.length === 0 ? [[span("nothing of late", "dim")]] : rows;
      return table(columns, shown.slice(0, count), width);
    },
  };
}
