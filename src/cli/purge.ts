import { Option } from "commander";
import { z } from "zod";
import { loadSettings } from "../config/load.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { PurgeSelector } from "../control/messages.ts";
import { primaryKey } from "../rules/cache-key.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf, type Own } from "./command-line.ts";

const shape: CommandShape = {
  name: "cacheproxy purge",
  summary: "Remove stored responses from a running cacheproxy, and tell how many there were.",
  operands: "[URL...]",
  settings: ["cacheDir", "preserveHost", "index", "configFile"],
  own: [
    new Option("--prefix", "remove all whose URL begins so"),
    new Option("--group <NAME>", "remove all of this Cache-Groups group"),
    new Option("--all", "remove all there are"),
  ],
  epilogue: `A URL is a path with its query, such as /img/logo.png?v=2, or a whole URL. Its host counts where
the running cacheproxy has --preserve-host: say that here, too, then, and --index likewise.`,
};

const answer = z.object({ removed: z.int().min(0) });

/** Removes what the operator names from a running proxy, on disk and in memory. */
export const purge = commandOf(shape, async (line, surroundings) => {
  const { settings } = await loadSettings({ ...surroundings, flags: line.flags });
  let total = 0;
  for (const selector of selectorsOf(line.operands, line.own, settings)) {
    total += (await askSupervisor(settings, "/purge", answer, selector)).removed;
  }
  await surroundings.say(`removed ${total}\n`);
  return 0;
});

/** Exactly one way to name what goes: URLs, a group, or all. */
function selectorsOf(urls: readonly string[], own: Own, settings: Settings): PurgeSelector[] {
  const { prefix, group, all } = own;
  const ways = [urls.length > 0, typeof group === "string", all === true].filter(Boolean).length;
  if (ways !== 1 || (prefix && urls.length === 0)) {
    throw new UsageError(
      "purge needs to know what to remove: URLs (with or without --prefix), --group NAME or --all",
    );
  }
  if (all) return [{ by: "all" }];
  if (typeof group === "string") return [{ by: "group", group, host: null }];
  return urls.map((url) =>
    selectorOf(url, prefix ? { ...settings, index: undefined } : settings, prefix === true),
  );
}

function selectorOf(text: string, { preserveHost, index }: Settings, isPrefix: boolean): PurgeSelector {
  const url = text.startsWith("/") && !preserveHost ? URL.parse(`http://any${text}`) : URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    const right = preserveHost
      ? "a whole URL such as http://example.com/a"
      : "a path such as /a, or a whole URL";
    throw new UsageError(`URL ${JSON.stringify(text)} should be ${right}`);
  }
  const asked = url.pathname + url.search;
  const target = asked === "/" && index !== undefined ? `/${index}` : asked;
  if (isPrefix) return { by: "prefix", targetPrefix: target, host: preserveHost ? url.host : null };
  return preserveHost
    ? { by: "key", primaryKey: primaryKey({ host: url.host, target }) }
    : { by: "target", target };
}
