import { Option } from "commander";
import { withoutCredentials } from "../config/origin-address.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import {
  type EntriesAnswer,
  entriesAnswerSchema,
  type Entry,
  entryAnswerSchema,
} from "../control/entries.ts";
import { entriesQuerySchema, mostEntries } from "../control/entries-query.ts";
import { sorts } from "../control/entries-request.ts";
import { visible, visibleJson, visibleJsonLines } from "../control/visible-text.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf, type Own } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { limitIn } from "./limit.ts";
import { entryInFull, entryTable } from "./list-words.ts";
import { globOption, namedByUrl } from "./named-by-url.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { CommandError, type Surroundings } from "./surroundings.ts";

/** What narrows the list down, by the names that GET /entries has for it. */
const narrowing = [
  new Option("--host <HOST>", "of this host"),
  new Option("--site <NAME>", "of this site"),
  new Option("--tag <NAME>", "that bear this name, as Surrogate-Key gives it"),
  new Option("--type <TYPE>", "of this type, such as text/html or image/*"),
  new Option("--status <STATUS>", "of this status, such as 404 or 4xx"),
  new Option("--larger <SIZE>", "with a body of at least this size"),
  new Option("--smaller <SIZE>", "with a body of at most this size"),
  new Option("--older <TIME>", "at least this old"),
  new Option("--younger <TIME>", "at most this old"),
  new Option("--fresh-for <TIME>", "with at least so much of their lifetime left"),
  new Option("--ends-within <TIME>", "with at most so much of their lifetime left"),
  new Option("--used-within <TIME>", "used within this time"),
  new Option("--unused-for <TIME>", "not used for this time"),
  new Option("--hits-over <N>", "that have answered more requests than these"),
  new Option("--hits-under <N>", "that have answered fewer requests than these"),
];

const shape: CommandShape = {
  name: "cacheproxy list",
  summary: "Tell what a running cacheproxy has stored: all there is, or what is named and described.",
  operands: "[URL]",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--prefix", "all whose URL begins so"),
    globOption,
    ...narrowing,
    new Option("--stale", "that are stale"),
    new Option("--fresh", "that are fresh"),
    new Option("--partial", "of which pieces are held alone"),
    new Option("--whole", "that are held whole"),
    new Option(
      "--sort <BY>",
      "key, size (the largest first), age (the oldest), left (what ends first), used (the last used) or hits (the most)",
    )
      .choices(sorts)
      .default("key"),
    new Option("--reverse", "the other way round"),
    new Option("--limit <N>", "so many").default("50", "50"),
    new Option("--after <CURSOR>", "go on where a list has ended"),
    new Option("--full", "tell all there is to know of each"),
    new Option("--json", "tell them as JSON"),
  ],
  epilogue: `A URL is a path with its query, such as /img/logo.png?v=2, of every host, or a whole URL, as for
purge. By key a page is read at once; any other order looks through all that is named, in a process of
its own. Uses and hits are known a minute late, and a minute later for each thousand responses that a
worker has in memory; what is not known yet is lost when a process is killed. A hit is a request that was
answered with the stored response, be it fresh, stale or confirmed by the origin. The exit code is 3
where nothing is stored of what is named.`,
};

/** What is listed is held until all of it is told. */
const listedAtMost = 1_000_000;

/** Prints what is stored, as a table, in full, or as JSON. */
export const list = commandOf(shape, async (line, surroundings) => {
  const query = queryOf(line.operands, line.own);
  const limit = limitIn(line.own["limit"], listedAtMost);
  const settings = await settingsOfRunning(line.flags, surroundings);
  const found = await pagesOf(settings, query, limit);
  if (found.entries.length === 0 && line.own["json"] !== true)
    surroundings.complain(`nothing is stored of what was looked for: ${found.lookedFor}`);
  const isJson = line.own["json"] === true;
  if (line.own["full"] === true) await tellInFull(settings, found.entries, isJson, surroundings);
  else if (isJson) await surroundings.say(`${visibleJsonLines(found)}\n`);
  else await surroundings.say(entryTable(found.entries, Date.now()));
  if (found.unreadable > 0)
    surroundings.complain(`${found.unreadable} that are stored cannot be read; cacheproxy verify tells why`);
  if (found.next !== null && !isJson) surroundings.complain(`there are more: --after ${found.next}`);
  return found.entries.length === 0 ? exitCode.nothingMatched : exitCode.done;
});

/** As many pages as it takes. */
async function pagesOf(
  settings: Settings,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<EntriesAnswer> {
  let answer = await pageOf(settings, query, limit);
  while (answer.next !== null && answer.entries.length < limit) {
    const next = await pageOf(settings, { ...query, after: answer.next }, limit - answer.entries.length);
    answer = { ...next, entries: [...answer.entries, ...next.entries] };
  }
  return answer;
}

function pageOf(
  settings: Settings,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<EntriesAnswer> {
  const written = new URLSearchParams({ ...query, limit: `${Math.min(limit, mostEntries)}` });
  return askSupervisor(settings, `/entries?${written}`, entriesAnswerSchema);
}

async function tellInFull(
  settings: Settings,
  entries: readonly Entry[],
  isJson: boolean,
  surroundings: Surroundings,
): Promise<void> {
  for (const { key, variant } of entries) {
    const name = new URLSearchParams({ key, variant });
    try {
      const entry = await askSupervisor(settings, `/entries/entry?${name}`, entryAnswerSchema);
      await surroundings.say(isJson ? `${visibleJson(entry)}\n` : `${entryInFull(entry, Date.now())}\n`);
    } catch (error) {
      // It may have gone since it was listed.
      if (!(error instanceof CommandError)) throw error;
      surroundings.complain(`${visible(key)}: ${error.message}`);
    }
  }
}

/** As GET /entries takes it. */
function queryOf(operands: readonly string[], own: Own): Readonly<Record<string, string>> {
  const query = { ...namedIn(operands, own), ...describedIn(own) };
  const read = entriesQuerySchema.safeParse(query);
  if (read.success) return query;
  const [issue] = read.error.issues;
  const name = String(issue?.path[0] ?? "");
  const where = name in namedIn(operands, own) ? "URL" : `--${name}`;
  const { [name]: written = "" } = query;
  throw new UsageError(
    `${where} ${JSON.stringify(withoutCredentials(written))}: ${issue?.message ?? "it is not understood"}`,
  );
}

function namedIn(operands: readonly string[], own: Own): Record<string, string> {
  const [url, ...others] = operands;
  const isOne = others.length === 0 && !(own["prefix"] === true && own["glob"] === true);
  if (!isOne || (url === undefined && (own["prefix"] === true || own["glob"] === true)))
    throw new UsageError("list takes one URL, with --prefix or --glob, or without, or none at all");
  return url === undefined ? {} : namedByUrl(url, own);
}

function describedIn(own: Own): Record<string, string> {
  const [stale, partial] = [eitherOf(own, "stale", "fresh"), eitherOf(own, "partial", "whole")];
  const written: Record<string, unknown> = { sort: own["sort"], after: own["after"] };
  for (const option of narrowing) written[option.name()] = own[option.attributeName()];
  const query = { ...written, stale, partial, reverse: own["reverse"] };
  const said = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said.map(([name, value]) => [name, String(value)]));
}

/** Undefined where neither is said. */
function eitherOf(own: Own, yes: string, no: string): boolean | undefined {
  if (own[yes] === true && own[no] === true)
    throw new UsageError(`there should be one of --${yes} and --${no}`);
  return own[yes] === true ? true : own[no] === true ? false : undefined;
}
