import {
  readableBytes,
  readableCount,
  readableDuration,
  readableRate,
  readableShare,
} from "../../control/amounts.ts";
import { colourOfOutcome } from "../../control/outcome-colour.ts";
import { placeOfOutcome } from "../../control/outcomes.ts";
import type { RateWindow, Top, TopWorker } from "../../control/top.ts";
import { type Column, type Line, type Span, span, table, widthOf } from "../text-layout.ts";

/** How the rates are read, over each of the windows. */
export function ratesBlock({ windows }: Top): Line[] {
  const columns: Column[] = [
    { heading: "", width: 10, side: "left" },
    ...windows.map(({ seconds }): Column => ({ heading: `${seconds} s`, width: 11, side: "right" })),
  ];
  const row = (name: string, tell: (window: RateWindow) => string): Line => [
    span(name),
    ...windows.map((window) => (window.covered === 0 ? span("–", "dim") : span(tell(window)))),
  ];
  const rows = [
    row("requests", ({ requests }) => `${readableRate(requests)}/s`),
    row("to origin", ({ asked }) => `${readableRate(asked)}/s`),
    row("from cache", ({ spared, requests }) => readableShare(spared, requests)),
    row("  by bytes", ({ sparedBytes, bytes }) => readableShare(sparedBytes, bytes)),
    row("sent", ({ bytes }) => `${readableBytes(bytes)}/s`),
  ];
  return table(columns, rows, 0);
}

const wideWorkers = 40;
const memoryColumn: Column = { heading: "memory", width: 9, side: "right" };

/** Of more workers than there is room for, those that do not serve come first, and the last line says how many are left out. */
export function workersBlock(workers: readonly TopWorker[], width: number, room: number): Line[] {
  const columns: Column[] = [
    { heading: "Workers", side: "left" },
    { heading: "requests", width: 8, side: "right" },
    { heading: "CPU", width: 5, side: "right" },
    // What there is no room for.
    ...(width < wideWorkers ? [] : [memoryColumn]),
  ];
  const isCut = workers.length > room;
  const inOrder = isCut
    ? workers.toSorted((one, other) => Number(one.state === "ready") - Number(other.state === "ready"))
    : workers;
  const shown = inOrder.slice(0, isCut ? room - 1 : room);
  const left = workers.length - shown.length;
  const rows = shown.map(workerRow);
  if (left > 0) rows.push([span(`${readableCount(left)} more`, "dim")]);
  return table(columns, rows, width);
}

function workerRow({ number, state, deaths, requests, processor, residentBytes }: TopWorker): Line {
  const died = deaths === 0 ? "" : ` †${readableCount(deaths)}`;
  return [
    state === "ready" ? span(`${number}${died}`) : span(`${number} ${state}${died}`, "red"),
    requests === undefined ? span("–", "dim") : span(`${readableRate(requests)}/s`),
    processor === undefined ? span("–", "dim") : span(`${Math.round(100 * processor)} %`),
    residentBytes === undefined ? span("–", "dim") : span(readableBytes(residentBytes)),
  ];
}

const stretchMilliseconds = 10_000;
const bars = "▁▂▃▄▅▆▇█";

/** How many requests there were, from left to right, so wide at the most. */
export function historyLine({ history }: Top, width: number): Line {
  const most = Math.max(0, ...history);
  const legend = `  ${readableDuration(history.length * stretchMilliseconds)} of requests, at most ${readableRate(most)}/s`;
  const shown = history.slice(-Math.max(0, width - legend.length));
  if (shown.length === 0) return [span("the history of requests begins in a moment", "dim")];
  // Nothing at all is told from a little.
  const bar = (rate: number) => (rate <= 0 ? " " : bars[Math.max(0, Math.ceil((8 * rate) / most) - 1)]);
  return [{ text: shown.map(bar).join(""), style: "green" }, span(legend, "dim")];
}

/** The denser its part of the bar, the less the origin had to do: that is seen without colours, too. */
const fillings: ReadonlyMap<string, string> = new Map([
  ["HIT", "█"],
  ["STALE", "▓"],
  ["COLLAPSED", "▓"],
  ["REVALIDATED", "▒"],
  ["PARTIAL", "▒"],
  ["MISS", "░"],
  ["PASS", "░"],
  ["JOINED", "░"],
  ["RULE", "·"],
  ["PURGE", "·"],
  ["LEFT", "·"],
  ["ERROR", "×"],
]);

/** A bar of what the cache did with requests over the window of so many seconds, and what its parts mean. */
export function outcomesBlock({ windows }: Top, width: number): Line[] {
  const window = windows[1] ?? windows[0];
  const outcomes = Object.entries(window?.outcomes ?? {}).toSorted(
    ([one], [other]) => placeOfOutcome(one) - placeOfOutcome(other),
  );
  const all = outcomes.reduce((sum, [, rate]) => sum + rate, 0);
  if (window === undefined || all === 0) return [[span("no request was answered of late", "dim")], []];
  const cells = cellsOf(
    outcomes.map(([, rate]) => rate),
    width,
  );
  const bar: Span[] = outcomes.map(([word], place) => ({
    text: filling(word).repeat(cells[place] ?? 0),
    style: colourOfOutcome(word),
  }));
  const legend = outcomes.map(([word, rate]) => ({
    rate,
    line: [
      { text: `${filling(word)} `, style: colourOfOutcome(word) },
      span(`${word} ${readableShare(rate, all)}   `),
    ],
  }));
  return [bar, largestThatFit(legend, width)];
}

/** What is least is left out where there is no room for all. */
function largestThatFit(legend: readonly { rate: number; line: Line }[], width: number): Line {
  const line = legend.flatMap((each) => each.line);
  if (legend.length < 2 || widthOf(line) - 3 <= width) return line;
  const least = Math.min(...legend.map(({ rate }) => rate));
  return largestThatFit(
    legend.filter(({ rate }) => rate > least),
    width,
  );
}

function filling(word: string): string {
  return fillings.get(word) ?? "·";
}

/** So many cells for each part, in all as many as there are; a part that is there at all has one, as long as there is room. */
export function cellsOf(parts: readonly number[], width: number): number[] {
  const all = parts.reduce((sum, part) => sum + part, 0);
  const cells = parts.map((part) => (part === 0 ? 0 : Math.max(1, Math.round((width * part) / all))));
  let surplus = cells.reduce((sum, each) => sum + each, 0) - width;
  while (surplus !== 0) {
    const largest = cells.indexOf(Math.max(...cells));
    const change = surplus > 0 ? -1 : 1;
    cells[largest] = (cells[largest] ?? 0) + change;
    surplus += change;
  }
  return cells;
}
