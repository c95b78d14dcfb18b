import { readableDuration } from "../control/amounts.ts";
import type { Entry, EntryAnswer } from "../control/entries.ts";
import {
  demandsOf,
  diskOf,
  lifetimeOf,
  memoryOf,
  nameOf,
  servedTo,
  sizeOf,
  validatorsOf,
  whereabouts,
} from "../control/entry-words.ts";
import { visible } from "../control/visible-text.ts";
import { type Column, span, table, widthOf, written } from "./text-layout.ts";

/** Stored responses as people read them. What is shown of clients and origins ends no line and colours no terminal. */

const columns: readonly Omit<Column, "width">[] = [
  { heading: "status", side: "right" },
  { heading: "type", side: "left" },
  { heading: "size", side: "right" },
  { heading: "age", side: "right" },
  { heading: "left", side: "right" },
  { heading: "used", side: "right" },
  { heading: "hits", side: "right" },
  { heading: "what", side: "left" },
];

/** A line each, as long as it takes; nothing where there are none. `now` is in milliseconds since the epoch. */
export function entryTable(entries: readonly Entry[], now: number): string {
  if (entries.length === 0) return "";
  const rows = entries.map((entry) => cellsOf(entry, now).map((text) => span(text)));
  const wide = columns.map((column, place) => {
    const widths = rows.map((row) => widthOf(row.slice(place, place + 1)));
    return { ...column, width: widths.reduce((most, each) => Math.max(most, each), column.heading.length) };
  });
  return table(wide, rows, 0)
    .map((line) => `${written(line, widthOf(line), false)}\n`)
    .join("");
}

function cellsOf(entry: Entry, now: number): string[] {
  const { status, type, age, left, lastUsedAt, hits, isStale } = entry;
  return [
    `${status}`,
    type ?? "-",
    sizeOf(entry),
    timeOf(age),
    isStale ? "stale" : timeOf(left),
    timeOf((now - lastUsedAt) / 1000),
    `${hits}`,
    nameOf(entry),
  ];
}

function timeOf(seconds: number): string {
  return readableDuration(seconds * 1000);
}

/** All there is to know of one, a line each. */
export function entryInFull(entry: EntryAnswer, now: number): string {
  const rows = [
    ...["key", "site", "variant"].map((name) => [name, textIn(entry, name)] as const),
    ["status", `${entry.status}`],
    ["size", `${sizeOf(entry)} (${entry.held} bytes), in ${whereabouts[entry.body]}`],
    ...entry.pieces.map(({ first, last }) => ["piece", `bytes ${first} to ${last}`] as const),
    ["age", `${timeOf(entry.age)} (${entry.age} s)`],
    ["lifetime", lifetimeOf(entry)],
    ["now", `${entry.reuse.sentence}${entry.reuse.clause === null ? "" : ` (${entry.reuse.clause})`}`],
    ...demandsOf(entry).map((demand) => ["but", demand] as const),
    ["validators", validatorsOf(entry)],
    ["serves", servedTo[entry.sharedWith]],
    ["vary", entry.vary.join(", ")],
    ["tags", entry.tags.join(", ")],
    ["groups", entry.groups.join(", ")],
    ["rules", entry.rules.join(", ")],
    ["used", `${timeOf((now - entry.lastUsedAt) / 1000)} ago`],
    ["hits", `${entry.hits}`],
    ["memory", memoryOf(entry)],
    ["disk", diskOf(entry)],
    ...entry.fields.map(([name, value]) => ["field", `${name}: ${value}`] as const),
    ...entry.variants.map((variant) => ["beside it", nameOf(variant)] as const),
  ] as const;
  const told = rows.filter(([, text]) => text !== "");
  return `${nameOf(entry)}\n${told.map(([name = "", text = ""]) => `  ${name.padEnd(10)}  ${visible(text)}\n`).join("")}`;
}

function textIn(entry: EntryAnswer, name: string): string {
  return name === "key" ? entry.key : name === "site" ? entry.site : entry.variant.replaceAll("\n", ", ");
}
