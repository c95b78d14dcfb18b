import { Option } from "commander";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { filterInWords, requestFilter } from "../control/request-filter.ts";
import { requestsKept, requestsSchema } from "../control/requests.ts";
import { visibleJson } from "../control/visible-text.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandLine, type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { limitIn } from "./limit.ts";
import { lookBack, lookedBackInWords } from "./explain-request.ts";
import { followRequests, openEvents } from "./follow-requests.ts";
import { requestLine } from "./request-words.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { coloursIn, type Surroundings } from "./surroundings.ts";

const shape: CommandShape = {
  name: "cacheproxy log",
  summary: "Tell the last requests of a running cacheproxy, the newest last, with times in UTC.",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--where <CONDITIONS>", "only those of which all is so"),
    new Option("--limit <N>", `tell so many; each worker keeps ${requestsKept}`).default("20", "20"),
    new Option("--follow", "go on with those that come, until Ctrl-C"),
    new Option("--explain <NUMBER>", "tell one in full, and what would become of the same now"),
    new Option("--json", "an object a line"),
  ],
  epilogue: `Conditions: ${filterInWords}
With = and != an asterisk stands for anything, a path is as in rules, and a comma is between several.
Each line begins with the number of the request.`,
};

/** Prints the last requests, and with `--follow` those that come. */
export const log = commandOf(shape, async (line, surroundings) => {
  const { explain } = line.own;
  if (explain !== undefined) return await tellOne(String(explain), line, surroundings);
  const where = String(line.own["where"] ?? "");
  const limit = limitIn(line.own["limit"], requestsKept);
  requestFilter(where);
  const settings = await settingsOfRunning(line.flags, surroundings);
  // It is open before the last are told, so that none is between the two.
  const events = line.own["follow"] === true ? await openEvents(settings, where) : undefined;
  const told = await tellLast(settings, { where, limit }, line, surroundings);
  if (events === undefined) {
    if (told.size > 0) return exitCode.done;
    surroundings.complain(
      where === "" ? "there was no request yet" : `none of the last requests is so: ${where}`,
    );
    return exitCode.nothingMatched;
  }
  return await followRequests(events, told, lineOf(line, surroundings), surroundings);
});

async function tellOne(id: string, { flags, own }: CommandLine, surroundings: Surroundings): Promise<number> {
  if (own["where"] !== undefined || own["follow"] === true)
    throw new UsageError("--explain opens one request; there should be no --where and no --follow beside it");
  const settings = await settingsOfRunning(flags, surroundings);
  const found = await lookBack(settings, id);
  if (found === undefined) {
    surroundings.complain(`${id} is none of the last requests; each worker keeps its own for a while`);
    return exitCode.nothingMatched;
  }
  await surroundings.say(
    own["json"] === true ? `${visibleJson(found)}\n` : lookedBackInWords(found, coloursIn(surroundings)),
  );
  return exitCode.done;
}

/** The numbers of those that were told. */
async function tellLast(
  settings: Settings,
  wanted: { readonly where: string; readonly limit: number },
  line: CommandLine,
  surroundings: Surroundings,
): Promise<ReadonlySet<string>> {
  const query = new URLSearchParams({ where: wanted.where, limit: String(wanted.limit) });
  const { requests } = await askSupervisor(settings, `/requests?${query}`, requestsSchema);
  const lines = requests.reverse().map(lineOf(line, surroundings));
  await surroundings.say(lines.join(""));
  return new Set(requests.map(({ id }) => id));
}

function lineOf({ own }: CommandLine, surroundings: Surroundings) {
  return requestLine(own["json"] === true ? "json" : "pretty", coloursIn(surroundings));
}
