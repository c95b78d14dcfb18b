import { readableBytes, readableCount } from "../../control/amounts.ts";
import type { Report, Split, StoredFindings, Suspect } from "../../control/report.ts";
import { visible } from "../../control/visible-text.ts";
import { adviceInWords, paragraph } from "../advice-words.ts";
import { type Line, span, withoutMiddle } from "../text-layout.ts";

/** Of each kind; the others are in the JSON. */
const most = 5;
const indent = "   ";

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

/** "by Vary: user-agent", "by the cookie lang": what makes the copies. */
export function splitInWords({ by, name }: Split): string {
  if (by === "vary") return `by Vary: ${name}`;
  if (by === "cookie") return `by the cookie ${name}`;
  if (by === "query") return `by ${name} in the query`;
  return by === "host" ? "by the host" : `by ${name}`;
}

function oneSplit(split: Split, columns: number): Line[] {
  const { host, path, copies, bytes, values, advice } = split;
  const such = values.map((value) => withoutMiddle(visible(value), 40)).join(", ");
  return [
    [],
    [span(withoutMiddle(visible(host + path), columns), "cyan")],
    ...paragraph(
      indent,
      visible(`${readableCount(copies)} copies ${splitInWords(split)}, ${readableBytes(bytes)}`),
      columns,
    ),
    ...(such === "" ? [] : paragraph(indent, `such as ${such}`, columns)),
    ...indentedAdvice(advice, columns),
  ];
}

/** Responses that look like one person's or like everybody's, and why. */
export function suspectLines(title: string, suspects: readonly Suspect[], columns: number): Line[] {
  if (suspects.length === 0) return [];
  return [
    [span(title, "bold")],
    ...suspects.slice(0, most).flatMap((suspect) => oneSuspect(suspect, columns)),
    ...moreLine(suspects.length),
  ];
}

function oneSuspect({ url, signs, requests, advice }: Suspect, columns: number): Line[] {
  const asked = requests === 1 ? "1 request" : `${readableCount(requests)} requests`;
  return [
    [],
    [span(withoutMiddle(visible(url), columns), "cyan")],
    ...paragraph(indent, visible(`${asked}; ${signs.join("; ")}`), columns),
    ...indentedAdvice(advice, columns),
  ];
}

function indentedAdvice(advice: Split["advice"], columns: number): Line[] {
  return adviceInWords(advice, columns - indent.length).map((line) =>
    line.length === 0 ? line : [{ text: indent }, ...line],
  );
}

function moreLine(all: number): Line[] {
  return all > most ? [[], [span(`and ${all - most} more; --json tells all`, "dim")]] : [];
}
