import { readableBytes, readableCount } from "../../control/amounts.ts";
import type { Report, Split, StoredFindings, Suspect } from "../../control/report.ts";
import { visible } from "../../control/visible-text.ts";
import { adviceInWords, paragraph } from "../advice-words.ts";
import { type Line, span, table, withoutMiddle } from "../text-layout.ts";
import { groupsOf, type SuspectGroup, whoseAdvice } from "./suspect-groups.ts";

/** Of each kind; the others are in the JSON. */
const most = 5;
const indent = "   ";

/** That what is stored is not told of, and why. */
export function problemLines({ storedProblem }: Report, columns: number): Line[] {
  return storedProblem === null ? [] : paragraph("", visible(problemInWords(storedProblem)), columns);
}

export function problemInWords(storedProblem: string): string {
  return `What is stored could not be looked through: ${storedProblem}.`;
}

/** Pages that are stored many times, and by what. */
export function splitLines({ stored }: Report, columns: number): Line[] {
  const { splits } = stored;
  if (splits.length === 0) return [];
  return [
    [span("Stored many times", "bold"), span(`  ${lookedInWords(stored)}`, "dim")],
    ...splits.slice(0, most).flatMap((split) => oneSplit(split, columns)),
    ...moreLine(splits.length),
  ];
}

/** "of 1,234 stored responses" */
export function lookedInWords({ looked, isWhole }: StoredFindings): string {
  return isWhole
    ? `of ${readableCount(looked)} stored responses`
    : `of the ${readableCount(looked)} stored responses that were looked at, which were not all`;
}

/** "120 copies by Vary: user-agent, 4.5 MB; 3 pages are split so" */
export function splitInWords(split: Split): string {
  const copies = `${readableCount(split.copies)} copies ${makerOf(split)}, ${readableBytes(split.bytes)}`;
  return split.pages < 2 ? copies : `${copies}; ${readableCount(split.pages)} pages are split so`;
}

/** What makes the copies. */
function makerOf({ by, name }: Split): string {
  if (by === "vary") return `by Vary: ${name}`;
  if (by === "cookie") return `by the cookie ${name}`;
  if (by === "query") return `by ${name} in the query`;
  return by === "host" ? "by the host" : `by ${name}`;
}

function oneSplit(split: Split, columns: number): Line[] {
  const { host, path, values, advice } = split;
  const such = values.map((value) => withoutMiddle(visible(value), 40)).join(", ");
  return [
    [],
    [span(withoutMiddle(visible(host + path), columns), "cyan")],
    ...paragraph(indent, visible(splitInWords(split)), columns),
    ...(such === "" ? [] : paragraph(indent, `such as ${such}`, columns)),
    ...indentedAdvice(advice, columns),
  ];
}

/** Responses that look like one person's or like everybody's, and why. */
export function suspectLines(title: string, suspects: readonly Suspect[], columns: number): Line[] {
  if (suspects.length === 0) return [];
  const groups = groupsOf(suspects);
  return [
    [span(title, "bold")],
    ...groups.slice(0, most).flatMap((group) => oneGroup(group, columns)),
    ...moreLine(groups.length),
  ];
}

function oneGroup(group: SuspectGroup, columns: number): Line[] {
  const { suspects, signs, advice } = group;
  const rows = suspects
    .slice(0, most)
    .map(({ url, requests }) => [span(url, "cyan"), span(requestsInWords(requests))]);
  const columnsOfTable = [
    { side: "left", heading: "" },
    { side: "right", heading: "", width: 16 },
  ] as const;
  const [, ...lines] = table(columnsOfTable, rows, columns);
  const more = suspects.length - rows.length;
  return [
    [],
    ...lines,
    ...(more === 0 ? [] : [[span(`and ${more} more`, "dim")]]),
    ...paragraph(indent, visible(signs.join("; ")), columns),
    ...(whoseAdvice(group) === "" ? [] : paragraph(indent, whoseAdvice(group), columns)),
    ...indentedAdvice(advice, columns),
  ];
}

export function requestsInWords(requests: number): string {
  return requests === 1 ? "1 request" : `${readableCount(requests)} requests`;
}

function indentedAdvice(advice: Split["advice"], columns: number): Line[] {
  return adviceInWords(advice, columns - indent.length).map((line) =>
    line.length === 0 ? line : [{ text: indent }, ...line],
  );
}

function moreLine(all: number): Line[] {
  return all > most ? [[], [span(`and ${all - most} more; --json tells all`, "dim")]] : [];
}
