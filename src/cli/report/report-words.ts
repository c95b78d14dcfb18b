import { readableBytes, readableCount, readableShare, readableWait } from "../../control/amounts.ts";
import type { Cause } from "../../control/cacheability.ts";
import type { Change, Report } from "../../control/report.ts";
import { visible } from "../../control/visible-text.ts";
import { adviceInWords, paragraph } from "../advice-words.ts";
import { type Column, type Line, type Style, span, table, whole } from "../text-layout.ts";
import {
  avoidableCauses,
  ofSite,
  nameOf,
  savingInWords,
  type Share,
  sharesOf,
  unavoidableCauses,
} from "./shares.ts";
import { problemLines, splitLines, suspectLines } from "./stored-words.ts";
import { timeOf } from "./times.ts";

/** Causes that are told; there is seldom more that is worth a look. */
const mostCauses = 8;

/** The report as people read it in a terminal of so many columns: what is to be copied is whole, all else fits. */
export function reportInWords(report: Report, columns: number, inColours: boolean): string {
  const sections = [
    head(report, columns),
    shareLines(report, columns),
    causeLines(report, columns),
    unavoidableLines(report, columns),
    changeLines(report, columns),
    problemLines(report, columns),
    splitLines(report, columns),
    suspectLines("Looks personal, and is given to everybody", report.stored.personal, columns),
    suspectLines("Looks public, and is not stored", report.unstored, columns),
  ];
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => [[], ...section]);
  return `${lines
    .slice(1)
    .map((line) => whole(line, inColours))
    .join("\n")}\n`;
}

function head(report: Report, columns: number): Line[] {
  return [
    [span("What could be hits, and is not", "bold")],
    ...inStyle(paragraph("", timeOf(report), columns), "dim"),
  ];
}

const count = (heading: string, width: number): Column => ({ heading, width, side: "right" });
const colours: Readonly<Record<Share["kind"], Style>> = {
  hit: "green",
  avoidable: "yellow",
  unavoidable: "blue",
  other: "dim",
};
const barWidth = 16;
/** With fewer columns there is no room for bars. */
const wideEnough = 80;

function shareLines(report: Report, columns: number): Line[] {
  const { requests, bytes, parts } = sharesOf(report);
  if (requests === 0) return [[span("There was no request in this time.")]];
  const columnsOfTable: Column[] = [
    { heading: "", width: 18, side: "left" },
    ...[count("requests", 11), count("", 7), count("bytes", 9), count("", 7)],
    ...(columns < wideEnough ? [] : [{ heading: "", side: "left" } as const]),
  ];
  const rows = parts.map(({ name, kind, ...part }) => [
    span(name),
    span(readableCount(part.requests)),
    span(readableShare(part.requests, requests)),
    span(readableBytes(part.bytes)),
    span(readableShare(part.bytes, bytes)),
    span(bar(part.requests / requests), colours[kind]),
  ]);
  const all = ["all", readableCount(requests), "", readableBytes(bytes)].map((text) => span(text));
  return table(columnsOfTable, [...rows, all], columns);
}

/** What is not nothing is seen. */
function bar(share: number): string {
  return "█".repeat(share === 0 ? 0 : Math.max(1, Math.round(share * barWidth)));
}

function causeLines(report: Report, columns: number): Line[] {
  const causes = avoidableCauses(report);
  const { requests } = sharesOf(report);
  if (requests === 0) return [];
  if (causes.length === 0) return [[span("All that could be hits were hits.", "green")]];
  const columnsOfTable: Column[] = [
    { heading: "Why they were no hits", side: "left" },
    ...[count("could be hits", 13), count("of all", 7), count("bytes", 9), count("waited", 8)],
  ];
  const told = causes.slice(0, mostCauses);
  const rows = told.map(({ avoidable, ...cause }) => [
    span(ofSite(cause.site, report, nameOf(cause)), "yellow"),
    span(readableCount(avoidable.requests)),
    span(readableShare(avoidable.requests, requests)),
    span(readableBytes(avoidable.bytes)),
    span(readableWait(avoidable.milliseconds)),
  ]);
  const [headings = [], ...lines] = table(columnsOfTable, rows, columns);
  const more = causes.length - told.length;
  return [
    headings,
    ...lines.flatMap((line, place) => [line, ...sentenceLines(told[place], columns)]),
    ...(more === 0 ? [] : [[span(`and ${more} more, which save less; --json tells all`, "dim")]]),
  ];
}

function sentenceLines(cause: Cause | undefined, columns: number): Line[] {
  const sentences = cause?.sentences ?? [];
  return sentences.flatMap((text) => inStyle(paragraph("  ", visible(text), columns), "dim"));
}

function inStyle(lines: readonly Line[], style: Style): Line[] {
  return lines.map((line) => line.map(({ text }) => ({ text, style })));
}

function unavoidableLines(report: Report, columns: number): Line[] {
  const causes = unavoidableCauses(report);
  if (causes.length === 0) return [];
  const told = causes
    .slice(0, mostCauses)
    .map(({ name, requests }) => `${visible(name)} ${readableCount(requests)}`);
  return paragraph("", `Cannot be hits: ${told.join(", ")}.`, columns);
}

function changeLines(report: Report, columns: number): Line[] {
  if (report.changes.length === 0) return [];
  const title = [span("What to change, what saves most first", "bold")];
  return [title, ...report.changes.flatMap((change, place) => oneChange(change, place, report, columns))];
}

function oneChange(change: Change, place: number, report: Report, columns: number): Line[] {
  const { matches, urls } = change;
  const what = ofSite(change.site, report, `${matches} (${nameOf(change)})`);
  const number = `${place + 1}. `;
  const [example, ...others] = urls;
  const such = `for instance ${visible(example ?? "")}${others.length === 0 ? "" : `, and ${others.length} more`}`;
  return [
    [],
    ...inStyle(paragraph(number, visible(what), columns), "cyan"),
    ...indented(savingInWords(change, report), columns),
    ...(example === undefined ? [] : indented(such, columns)),
    ...adviceInWords([change], columns - number.length).map((line) => [
      { text: " ".repeat(number.length) },
      ...line,
    ]),
  ];
}

function indented(text: string, columns: number): Line[] {
  return paragraph("   ", text, columns);
}
