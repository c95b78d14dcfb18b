import { readableBytes, readableCount, readableRate, readableWait } from "../../control/amounts.ts";
import { visible, visibleJson } from "../../control/visible-text.ts";
import { adviceInWords, paragraph } from "../advice-words.ts";
import { easyWidth } from "../wrapped.ts";
import { type Line, span, whole } from "../text-layout.ts";
import type { LeftOut } from "./choice.ts";
import type { Told } from "./counsel.ts";
import { sumOf } from "./tally.ts";
import type { SourceTrouble, Warmed } from "./warming.ts";

/** What a run has come to, with what is advised for what did not go well. */
export interface Summary {
  readonly end: Warmed["end"];
  readonly requests: number;
  /** In how many ways each URL was asked for. */
  readonly variants: number;
  readonly bytes: number;
  readonly milliseconds: number;
  readonly cached: { readonly now: number; readonly before: number };
  readonly uncached: readonly Told[];
  readonly failed: readonly Told[];
  readonly resumed: number;
  readonly leftOut: LeftOut;
  readonly troubles: readonly SourceTrouble[];
}

const countWidth = 9;
const indent = " ".repeat(countWidth + 2);

/** For people: how many there were of what, then each cause with an example and what could be changed. */
export function summaryInWords(summary: Summary, colours: boolean): string {
  const lines: Line[] = [
    [span(firstLine(summary))],
    ...countLines(summary).flatMap(([count, words]) => counted(count, words)),
    ...groupLines("Not stored", summary.uncached),
    ...groupLines("Failed", summary.failed),
    ...troubleLines(summary.troubles),
  ];
  return lines.map((line) => `${whole(line, colours)}\n`).join("");
}

/** For programs: one line. */
export function summaryAsJson({ leftOut, milliseconds, ...rest }: Summary): string {
  const foreign = { count: leftOut.foreign.count, hosts: [...leftOut.foreign.hosts] };
  const whole = { ...rest, milliseconds: Math.round(milliseconds), leftOut: { ...leftOut, foreign } };
  return `${visibleJson(whole)}\n`;
}

function firstLine({ requests, variants, bytes, milliseconds }: Summary): string {
  const each = variants === 1 ? "" : `, ${variants} for each URL,`;
  const rate = readableRate(milliseconds > 0 ? (requests * 1000) / milliseconds : 0);
  return `${readableCount(requests)} request${requests === 1 ? "" : "s"}${each} in ${readableWait(milliseconds)}, ${rate} a second: ${readableBytes(bytes)}`;
}

/** Those of which there are any; of what is stored also where there is nothing. */
function countLines(summary: Summary): (readonly [count: number, words: string])[] {
  const { cached, leftOut, resumed } = summary;
  const { foreign, unreadable, unreachable, repeated } = leftOut;
  const lines: (readonly [number, string])[] = [
    [
      cached.now + cached.before,
      `stored: ${readableCount(cached.now)} since now, ${readableCount(cached.before)} before`,
    ],
    [sumOf(summary.uncached), "answered well and not stored"],
    [sumOf(summary.failed), "failed"],
    [resumed, "left out: a former run has done them"],
    [repeated, "left out: named before"],
    [foreign.count, `left out: no site of this proxy is of ${named([...foreign.hosts], foreign.count)}`],
    [
      unreadable.count,
      `left out: no URL of http or https, such as ${unreadable.examples.slice(0, 2).join(" and ")}`,
    ],
    [
      unreachable.https,
      "left out: nothing here listens for https, or is believed by --trust what it says of it",
    ],
    [
      unreachable.http,
      "left out: nothing here listens for http, or is believed by --trust what it says of it",
    ],
  ];
  return lines.filter(([count], place) => place === 0 || count > 0);
}

function groupLines(title: string, groups: readonly Told[]): Line[] {
  if (groups.length === 0) return [];
  const lines = groups.flatMap(({ what, sentence, count, example, advice }) => [
    [],
    ...counted(count, sentence === null ? what : `${what}: ${sentence}`),
    [
      { text: indent },
      span(exampleIn(example), "cyan"),
      span(count > 1 ? ` and ${readableCount(count - 1)} more` : ""),
    ],
    ...adviceInWords(advice, easyWidth - indent.length).map((line) => [{ text: indent }, ...line]),
  ]);
  return [[], [span(title, "bold")], ...lines];
}

/** The number at the left, and the words beside it. */
function counted(count: number, words: string): Line[] {
  return paragraph(`${readableCount(count).padStart(countWidth)}  `, visible(words), easyWidth);
}

function exampleIn({ url, variant }: Told["example"]): string {
  return variant === "" ? url : `${url} (${variant})`;
}

function troubleLines(troubles: readonly SourceTrouble[]): Line[] {
  if (troubles.length === 0) return [];
  const lines = troubles.map(({ source, problem }) => [span(`  ${source}: ${problem}`)]);
  return [[], [span("Not read, or not whole", "bold")], ...lines];
}

function named(hosts: readonly string[], count: number): string {
  return hosts.length < count ? `${hosts.join(", ")} and the like` : hosts.join(", ");
}
