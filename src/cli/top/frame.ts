import { readableBytes, readableCount, readableDuration } from "../../control/amounts.ts";
import type { Top } from "../../control/top.ts";
import { beside, type Line, span, widthOf, withoutMiddle, written } from "../text-layout.ts";
import { type CostList, missedList, reasonsList, slowestList } from "./cost-lists.ts";
import { historyLine, outcomesBlock, ratesBlock, workersBlock } from "./rates-block.ts";

export interface FrameSize {
  readonly columns: number;
  /** Null for as many as there is something to say. */
  readonly rows: number | null;
}

/** What is shown, and why nothing newer is, where that is so. */
export interface TopView {
  readonly top: Top;
  readonly lost: string | null;
}

/** From so many columns on, lists stand beside each other. */
const wide = 118;
const margin = 1;
/** Where nothing limits them, so many lines of each list. */
const listLines = 10;
/** Lines for workers beside the rates; on a high terminal some more. */
const fewWorkers = 5;
const highTerminal = 40;
const [narrowestWorkers, widestWorkers] = [25, 50];

/** What `cacheproxy top` shows: one string a line, none wider than the terminal, and no more than it has rows. */
export function frame({ top, lost }: TopView, { columns, rows }: FrameSize, inColours: boolean): string[] {
  const width = Math.max(1, columns - 2 * margin);
  const first = [heading(top, lost, width), [], ...summary(top, width, rows)];
  const lists = listsIn(top, width, rows === null ? null : rows - first.length);
  const lines = [...first, ...lists].slice(0, rows ?? Number.POSITIVE_INFINITY);
  // What is old is not read as what is.
  const aged = (line: Line, place: number) =>
    lost === null || place === 0 ? line : line.map(({ text }) => span(text, "dim"));
  return lines.map((line, place) =>
    written([{ text: " ".repeat(margin) }, ...aged(line, place)], columns - margin, inColours),
  );
}

function heading({ now, startedAt, store }: Top, lost: string | null, width: number): Line {
  const { objects, bytes, maxBytes } = store;
  const name = span("cacheproxy  ", "bold");
  const clock = `${new Date(now).toISOString().slice(11, 19)} UTC`;
  const time = span(lost === null ? `  ${clock}` : `  as of ${clock}`, "dim");
  const room = width - widthOf([name, time]);
  const stored = `${readableCount(objects)} stored, ${readableBytes(bytes)} of ${readableBytes(maxBytes)}`;
  const said =
    lost === null
      ? span(withoutMiddle(`up ${readableDuration(now - startedAt)}, ${stored}`, room), "dim")
      : span(withoutMiddle(`waiting: ${lost}`, room), "yellow");
  return [name, said, span(" ".repeat(Math.max(0, room - widthOf([said])))), time];
}

function summary(top: Top, width: number, rows: number | null): Line[] {
  const rates = ratesBlock(top);
  const ratesWidth = Math.max(...rates.map(widthOf)) + 3;
  const room = rows === null ? top.workers.length : rows >= highTerminal ? 2 * fewWorkers : fewWorkers;
  const workersWidth = Math.min(width - ratesWidth, widestWorkers);
  const workers = workersWidth < narrowestWorkers ? [] : workersBlock(top.workers, workersWidth, room);
  return [...beside(rates, ratesWidth, workers), [], historyLine(top, width), ...outcomesBlock(top, width)];
}

/** The lists, with an empty line before each, in so many rows. */
function listsIn(top: Top, width: number, rows: number | null): Line[] {
  const [reasons, slowest, missed] = [reasonsList(top), slowestList(top), missedList(top)];
  if (width < wide) {
    const counts = linesOf([reasons, slowest, missed], rows);
    return [reasons, slowest, missed].flatMap((list, place) => below(list, counts[place] ?? 0, width));
  }
  const half = Math.floor((width - 4) / 2);
  const pair = { length: Math.max(reasons.length, slowest.length) };
  const [pairCount = 0, missedCount = 0] = linesOf([pair, missed], rows);
  return [
    ...beside(below(reasons, pairCount, half), half + 4, below(slowest, pairCount, half)),
    ...below(missed, missedCount, width),
  ];
}

function below(list: CostList, count: number, width: number): Line[] {
  return count === 0 ? [] : [[], ...list.lines(count, width)];
}

/** How many lines each list gets: one after the other as many as it wants, as long as there is room. */
function linesOf(lists: readonly { readonly length: number }[], rows: number | null): number[] {
  // Each has a line before it and its heading.
  let room = rows === null ? Number.POSITIVE_INFINITY : rows - 2 * lists.length;
  const counts = lists.map(() => 0);
  const wanted = lists.map(({ length }) => Math.min(Math.max(1, length), rows === null ? listLines : room));
  while (room > 0 && counts.some((count, place) => count < (wanted[place] ?? 0))) {
    for (const [place, count] of counts.entries()) {
      if (room <= 0 || count >= (wanted[place] ?? 0)) continue;
      counts[place] = count + 1;
      room -= 1;
    }
  }
  return counts;
}
