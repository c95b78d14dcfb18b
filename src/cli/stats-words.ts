import { readableBytes, readableCount, readableDuration, readableShare } from "../control/amounts.ts";
import { colourOfOutcome } from "../control/outcome-colour.ts";
import type { StatsAnswer } from "../control/stats.ts";
import { explain, isReasonName } from "../rules/reason.ts";
import { type Column, type Line, span, table, written } from "./text-layout.ts";

type Counters = StatsAnswer["counters"];

const nameWidth = 30;
const count = (heading: string): Column => ({ heading, width: 11, side: "right" });
const share: Column = { heading: "share", width: 8, side: "right" };

const sentence: Column = { heading: "", side: "left" };
/** With fewer columns little more than its beginning would be seen. */
const wideEnough = 100;

/** Counters that have a section of their own; all others are listed together. */
const told = /^(requests|bytesSent|memory(Bytes|Objects)Now|(cache|bytes|reason|forwarded)\..*)$/;

/** What the others count; one that only another version of the program knows is told by its name. */
const inWords: ReadonlyMap<string, string> = new Map([
  ["requestsSpared", "requests that the origin was spared"],
  ["bytesSpared", "bytes that the origin was spared"],
  ["purge.requests", "purges"],
  ["purge.responses", "stored responses that were purged"],
  ["websocketsNow", "WebSockets now"],
  ["websocket.opened", "WebSockets that were opened"],
  ["websocket.bytesFromClients", "sent by clients in WebSockets"],
  ["websocket.bytesToClients", "sent to clients in WebSockets"],
  ["logLinesDropped", "lines of the log that nobody read in time"],
]);
/** The same by how their names begin: the rest is a reason or a code, which is looked for as it is. */
const beginningsInWords: readonly (readonly [start: string, words: string])[] = [
  ["effect.", "removed or freshened: "],
  ["unstored.", "could not be stored: "],
  ["trouble.", "trouble: "],
];

/** What was done since the start, as `cacheproxy stats` tells it: one string a line, none wider than so many columns. */
export function statsText(stats: StatsAnswer, now: number, columns: number, inColours: boolean): string[] {
  const { counters, startedAt } = stats;
  const sections = [
    outcomes(counters, columns),
    because("Why the origin was asked", "forwarded.", counters, columns),
    because("How it came out", "reason.", counters, columns),
    stored(stats, columns),
    processes(stats, columns),
    others(stats, columns),
  ];
  const lines: Line[] = [
    [span("cacheproxy  ", "bold"), span(`up ${readableDuration(now - startedAt)}`, "dim")],
    ...sections.filter((section) => section.length > 1).flatMap((section) => [[], ...section]),
  ];
  return lines.map((line) => written(line, columns, inColours));
}

function outcomes(counters: Counters, width: number): Line[] {
  const { requests = 0, bytesSent = 0 } = counters;
  const rows = largestFirst("cache.", counters).map(([word, times]) => {
    const bytes = counters[`bytes.${word}`] ?? 0;
    return [
      span(word, colourOfOutcome(word)),
      ...[readableCount(times), readableShare(times, requests)].map((text) => span(text)),
      ...[readableBytes(bytes), readableShare(bytes, bytesSent)].map((text) => span(text)),
    ];
  });
  const all = [span("all"), span(readableCount(requests)), span(""), span(readableBytes(bytesSent))];
  const columns: Column[] = [
    { heading: "What the cache did", width: nameWidth, side: "left" },
    ...[count("requests"), share, count("bytes"), share],
  ];
  return table(columns, [...rows, all], width);
}

function because(title: string, prefix: string, counters: Counters, width: number): Line[] {
  const { requests = 0 } = counters;
  const columns: Column[] = [
    { heading: title, width: nameWidth, side: "left" },
    ...[count("requests"), share],
    ...(width < wideEnough ? [] : [sentence]),
  ];
  const rows = largestFirst(prefix, counters).map(([name, times]) => [
    span(name),
    span(readableCount(times)),
    span(readableShare(times, requests)),
    span(sentenceOf(name), "dim"),
  ]);
  return table(columns, rows, width);
}

function stored({ store, counters }: StatsAnswer, width: number): Line[] {
  const { memoryObjectsNow = 0, memoryBytesNow = 0 } = counters;
  const columns: Column[] = [
    { heading: "Stored", width: nameWidth, side: "left" },
    ...[count("responses"), count("bytes")],
    { heading: "of its bound", width: 13, side: "right" },
  ];
  const row = (name: string, objects: number, bytes: number, ofBound: string) =>
    [name, readableCount(objects), readableBytes(bytes), ofBound].map((text) => span(text));
  return table(
    columns,
    [
      row("on the disk", store.objects, store.bytes, readableShare(store.bytes, store.maxBytes)),
      row("in the memory of workers", memoryObjectsNow, memoryBytesNow, ""),
    ],
    width,
  );
}

function processes({ workers, keeper }: StatsAnswer, width: number): Line[] {
  const columns: Column[] = [
    { heading: "Processes", width: nameWidth, side: "left" },
    ...["state", "pid", "deaths"].map(count),
  ];
  const all = [
    ...workers.map((worker) => ({ ...worker, name: `worker ${worker.number}` })),
    { ...keeper, name: "keeper" },
  ];
  const rows = all.map(({ name, state, pid, deaths }) => [
    span(name),
    span(state, state === "ready" ? undefined : "red"),
    span(pid === undefined ? "–" : String(pid)),
    span(readableCount(deaths)),
  ]);
  return table(columns, rows, width);
}

function others({ counters, logLinesDropped }: StatsAnswer, width: number): Line[] {
  const rest = Object.entries({ ...counters, ...(logLinesDropped > 0 ? { logLinesDropped } : {}) })
    .filter(([name]) => !told.test(name))
    .map(([name, amount]): [words: string, amount: string] => [
      wordsFor(name),
      /bytes/i.test(name) ? readableBytes(amount) : readableCount(amount),
    ])
    .toSorted(([one], [other]) => one.localeCompare(other, "en"));
  const columns: Column[] = [
    { heading: "What else was counted", width: nameWidth + 16, side: "left" },
    count(""),
  ];
  return table(
    columns,
    rest.map((row) => row.map((text) => span(text))),
    width,
  );
}

function wordsFor(name: string): string {
  const [start, words] = beginningsInWords.find(([beginning]) => name.startsWith(beginning)) ?? [];
  if (start !== undefined && words !== undefined) return words + name.slice(start.length);
  return inWords.get(name) ?? name;
}

/** Without the prefix that their names have in common. */
function largestFirst(prefix: string, counters: Counters): [name: string, times: number][] {
  return Object.entries(counters)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, times]): [string, number] => [name.slice(prefix.length), times])
    .toSorted(([, one], [, other]) => other - one);
}

/** Nothing of a reason that only another version of the program knows. */
function sentenceOf(name: string): string {
  return isReasonName(name) ? explain(name) : "";
}
