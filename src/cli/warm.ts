import { existsSync } from "node:fs";
import { Option } from "commander";
import { withoutCredentials } from "../config/origin-address.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { type Serving, servingSchema } from "../control/serving.ts";
import { askSupervisor, NotRunningError } from "./admin-client.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { coloursIn, type Surroundings } from "./surroundings.ts";
import { failedTold, uncachedTold } from "./warm/counsel.ts";
import { openNotes } from "./warm/notes.ts";
import { type Source, sourceNamed } from "./warm/sources.ts";
import { sumOf } from "./warm/tally.ts";
import { type Wanted, wantedOf } from "./warm/wanted.ts";
import { type Warmed, warmAll } from "./warm/warming.ts";
import { type Summary, summaryAsJson, summaryInWords } from "./warm/words.ts";

const shape: CommandShape = {
  name: "cacheproxy warm",
  summary: "Ask a running cacheproxy for pages as visitors do, so that they find them stored.",
  operands: "<SOURCE...>",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--rate <N>", "so many requests a second at most (default: as many as there are answers)"),
    new Option("--concurrency <N>", "so many at a time at most").default("4", "4"),
    new Option("--accept-encoding <CODINGS>", "ask for each with each of these: gzip,br,identity"),
    new Option(
      "-H, --header <FIELD>",
      'a field of each request, as "Accept-Language: de"; repeatable, and of one name each is a variant',
    ).argParser<readonly string[]>((field, before = []) => [...before, field]),
    new Option("--base <URL>", "what paths mean in lists"),
    new Option("--resume <FILE>", "note there what is done, and leave out what is noted"),
    new Option("--tolerate <N>", "so many may fail, or so many of a hundred: 5, 2%").default("0", "0"),
    new Option("--timeout <TIME>", "a request has failed after so long without a byte").default("60s", "60s"),
    new Option("--json", "say at the end all that is known, as JSON"),
  ],
  epilogue: `A SOURCE is a URL, a sitemap's URL or a file of one (also an index, also packed by gzip), robots.txt for
its Sitemap lines, a file with a URL a line, or - for such lines on the standard input. The URL of a
site alone, such as https://shop.example/, stands for the sitemaps of its robots.txt. URLs of hosts
that no site is for are left out. The exit code is 1 when more failed than is tolerated, when a source
could not be read, or when it was interrupted; it is 3 when no cacheproxy is running.`,
};

/** Asks for all that the sources name, and tells what is stored now, what is not, and why. */
export const warm = commandOf(shape, async ({ operands, own, flags }, surroundings) => {
  const wanted = wantedOf(own);
  const sources = operands.map(sourceOf);
  const settings = await settingsOfRunning(flags, surroundings);
  const serving = await servingOf(settings, surroundings);
  if (serving === undefined) return exitCode.notRunning;
  const resume = typeof own["resume"] === "string" ? own["resume"] : undefined;
  const notes = resume === undefined ? undefined : openNotes(resume);
  try {
    const warmed = await warmAll({ sources, wanted, settings, serving, notes, surroundings });
    const summary = await summaryOf(warmed, wanted, settings);
    await surroundings.say(
      own["json"] === true ? summaryAsJson(summary) : summaryInWords(summary, coloursIn(surroundings)),
    );
    for (const line of lastLines(warmed, resume)) surroundings.complain(line);
    return codeFor(warmed, wanted);
  } finally {
    notes?.close();
  }
});

function sourceOf(word: string): Source {
  const source = sourceNamed(word, existsSync);
  if (source !== undefined) return source;
  throw new UsageError(
    `${JSON.stringify(withoutCredentials(word))} is no file and no URL; it should be such as https://shop.example/, sitemap.xml or -`,
  );
}

/** Undefined where nobody is there to be asked, which has been told. */
async function servingOf(settings: Settings, { complain }: Surroundings): Promise<Serving | undefined> {
  try {
    return await askSupervisor(settings, "/serving", servingSchema);
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    complain(error.message);
    return undefined;
  }
}

/** Where it ended before its time nobody is asked for advice: who would answer may not be there. */
async function summaryOf(
  { tally, leftOut, troubles, milliseconds, end }: Warmed,
  { variants }: Wanted,
  settings: Settings,
): Promise<Summary> {
  const isAsking = end === "whole";
  const { requests, bytes, cachedNow, cachedBefore, resumed } = tally;
  return {
    ...{ end, requests, variants: variants.length, bytes, milliseconds, resumed, leftOut, troubles },
    cached: { now: cachedNow, before: cachedBefore },
    uncached: await uncachedTold(tally, settings, isAsking),
    failed: await failedTold(tally, settings, isAsking),
  };
}

/** What is left to be said of an end that was not wanted, and how to go on. */
function lastLines({ end, tally }: Warmed, resume: string | undefined): readonly string[] {
  const goOn =
    resume === undefined
      ? "the same command begins anew; with --resume FILE it would go on where it was"
      : "the same command goes on where it was";
  if (end === "interrupted") return [`interrupted after ${tally.requests} requests; ${goOn}`];
  if (end === "gone")
    return [`cacheproxy has ended after ${tally.requests} requests; once it runs again, ${goOn}`];
  if (end === "hopeless") return [`when cacheproxy and the origin are well, ${goOn}`];
  if (tally.requests + tally.resumed === 0) return ["there was nothing to ask for"];
  return [];
}

function codeFor({ end, tally, troubles }: Warmed, { tolerance }: Wanted): number {
  if (end === "gone") return exitCode.notRunning;
  const isNothing = tally.requests + tally.resumed === 0;
  const isTooMuch = sumOf(tally.failed.values()) > tolerance(tally.requests);
  const isWell = end === "whole" && troubles.length === 0 && !isNothing && !isTooMuch;
  return isWell ? exitCode.done : exitCode.trouble;
}
