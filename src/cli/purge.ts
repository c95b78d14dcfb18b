import { Option } from "commander";
import { withoutCredentials } from "../config/origin-address.ts";
import { UsageError } from "../config/usage-error.ts";
import {
  type PurgeAnswer,
  type PurgeRequest,
  purgeAnswerSchema,
  purgeRequestSchema,
} from "../control/purge.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf, type Own } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { globOption, namedByUrl } from "./named-by-url.ts";
import { purgedLine } from "../control/purge-words.ts";
import { listedLine, sumOf } from "./purge-words.ts";
import { settingsOfRunning } from "./settings-of-running.ts";

const shape: CommandShape = {
  name: "cacheproxy purge",
  summary: "Remove stored responses from a running cacheproxy, and tell how many there were.",
  operands: "[URL...]",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--prefix", "remove all whose URL begins so"),
    globOption,
    new Option("--host <HOST>", "remove all of this host"),
    new Option(
      "--tag <NAME>",
      "remove all that bear this name, as Surrogate-Key gives it; repeatable",
    ).argParser<readonly string[]>((name, before = []) => [...before, name]),
    new Option("--group <NAME>", "remove all of this Cache-Groups group"),
    new Option("--all", "remove all there are"),
    new Option("--site <NAME>", "remove of this site alone what the others say, or all of it"),
    new Option("--soft", "keep what may be used stale, as stale from now on"),
    new Option("--dry-run", "remove nothing, and list what would go"),
  ],
  epilogue: `A URL is a path with its query, such as /img/logo.png?v=2, of every host, or a whole URL: of the
site that answers for its host, and of that host alone where the site has preserve-host. The exit
code is 3 where there was nothing of what is named.`,
};

/** Removes what the operator names from a running proxy, on disk and in memory. */
export const purge = commandOf(shape, async (line, surroundings) => {
  const requests = requestsOf(line.operands, line.own).map((request) => ({
    ...request,
    ...manner(line.own),
  }));
  const settings = await settingsOfRunning(line.flags, surroundings);
  const answers: PurgeAnswer[] = [];
  for (const request of requests) {
    const answer = await askSupervisor(settings, "/purge", purgeAnswerSchema, request);
    if (isNothing(answer))
      surroundings.complain(`nothing was stored of what was looked for: ${answer.lookedFor}`);
    for (const listed of answer.listed ?? []) await surroundings.say(`${listedLine(listed)}\n`);
    answers.push(answer);
  }
  await surroundings.say(`${purgedLine(sumOf(answers))}\n`);
  return answers.every(isNothing) ? exitCode.nothingMatched : exitCode.done;
});

function isNothing({ purged, inFlight }: PurgeAnswer): boolean {
  return purged + inFlight === 0;
}

/** Where, and how, what is named is purged. */
function manner({ site, soft, dryRun }: Own): Pick<PurgeRequest, "site" | "soft" | "dryRun"> {
  return {
    ...(typeof site === "string" ? { site } : {}),
    ...(soft === true ? { soft } : {}),
    ...(dryRun === true ? { dryRun } : {}),
  };
}

/** Exactly one way to name what goes. */
function requestsOf(urls: readonly string[], own: Own): PurgeRequest[] {
  const { prefix, glob, host, tag, group, all, site } = own;
  const isOfUrls = prefix === true || glob === true;
  const ways = [
    urls.length > 0 ? urls.map((url) => requestFor(url, own)) : null,
    typeof host === "string" ? [{ host }] : null,
    isTexts(tag) ? [{ tags: [...tag] }] : null,
    typeof group === "string" ? [{ group }] : null,
    all === true ? [{ all: true as const }] : null,
  ].filter((way) => way !== null);
  const [way, another] = ways;
  const isUnclear =
    another !== undefined || (isOfUrls && urls.length === 0) || (prefix === true && glob === true);
  if (way !== undefined && !isUnclear) return way;
  // A site alone is all of it.
  if (way === undefined && !isUnclear && typeof site === "string") return [{}];
  throw new UsageError(
    "purge needs to know what to remove, in one way: URLs (with --prefix or --glob, or without), --host HOST, --tag NAME, --group NAME, --site NAME or --all",
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function requestFor(text: string, own: Own): PurgeRequest {
  const request = namedByUrl(text, own);
  if (purgeRequestSchema.safeParse(request).success) return request;
  throw new UsageError(
    `URL ${JSON.stringify(withoutCredentials(text))} should be a path such as /a, or a whole URL`,
  );
}
