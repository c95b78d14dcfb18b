import { Option } from "commander";
import { loadSettings } from "../config/load.ts";
import { withoutCredentials } from "../config/origin-address.ts";
import { UsageError } from "../config/usage-error.ts";
import { type PurgeRequest, purgeAnswerSchema, purgeRequestSchema } from "../control/purge.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf, type Own } from "./command-line.ts";

const shape: CommandShape = {
  name: "cacheproxy purge",
  summary: "Remove stored responses from a running cacheproxy, and tell how many there were.",
  operands: "[URL...]",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--prefix", "remove all whose URL begins so"),
    new Option("--group <NAME>", "remove all of this Cache-Groups group"),
    new Option("--all", "remove all there are"),
    new Option("--site <NAME>", "remove of this site alone what the others say"),
  ],
  epilogue: `A URL is a path with its query, such as /img/logo.png?v=2, of every host, or a whole URL: of the
site that answers for its host, and of that host alone where the site has preserve-host. The exit
code is 3 where nothing was stored of what is named.`,
};

/** The exit code where there was nothing of what was named. */
const nothingThere = 3;

/** Removes what the operator names from a running proxy, on disk and in memory. */
export const purge = commandOf(shape, async (line, surroundings) => {
  const { site } = line.own;
  const requests = requestsOf(line.operands, line.own).map((request) =>
    typeof site === "string" ? { ...request, site } : request,
  );
  const { settings } = await loadSettings({ ...surroundings, flags: line.flags });
  let total = 0;
  for (const request of requests) {
    const { purged: removed, lookedFor } = await askSupervisor(
      settings,
      "/purge",
      purgeAnswerSchema,
      request,
    );
    if (removed === 0) surroundings.complain(`nothing was stored of what was looked for: ${lookedFor}`);
    total += removed;
  }
  await surroundings.say(`removed ${total}\n`);
  return total === 0 ? nothingThere : 0;
});

/** Exactly one way to name what goes: URLs, a group, or all. */
function requestsOf(urls: readonly string[], own: Own): PurgeRequest[] {
  const { prefix, group, all } = own;
  const ways = [urls.length > 0, typeof group === "string", all === true].filter(Boolean).length;
  if (ways !== 1 || (prefix && urls.length === 0)) {
    throw new UsageError(
      "purge needs to know what to remove: URLs (with or without --prefix), --group NAME or --all",
    );
  }
  if (all) return [{ all: true }];
  if (typeof group === "string") return [{ group }];
  return urls.map((url) => requestFor(url, prefix === true));
}

function requestFor(text: string, isPrefix: boolean): PurgeRequest {
  const request = isPrefix ? { prefix: text } : text.startsWith("/") ? { path: text } : { url: text };
  if (purgeRequestSchema.safeParse(request).success) return request;
  throw new UsageError(
    `URL ${JSON.stringify(withoutCredentials(text))} should be a path such as /a, or a whole URL`,
  );
}
