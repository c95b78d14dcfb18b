import { fileSchema } from "../config/file/file-schema.ts";
import { formOf } from "../config/file/field.ts";
import { type Loaded, loadSettings } from "../config/load.ts";
import { optionNames } from "../config/options.ts";
import { printed } from "../config/print.ts";
import { UsageError } from "../config/usage-error.ts";
import { type CommandLine, type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { preflight } from "./preflight.ts";
import type { Surroundings } from "./surroundings.ts";

const shape: CommandShape = {
  name: "cacheproxy config",
  summary:
    "Tell whether a configuration is right, what comes of it, and what may be in it; nothing is started.",
  operands: "[ACTION] [FILE]",
  firstWords: {
    title: "Actions",
    uses: [
      {
        words: "check [FILE]",
        summary: "say what is wrong, line by line; the exit code is 2 if there is anything",
      },
      {
        words: "print [FILE]",
        summary: "print everything as it counts, each value with where it comes from",
      },
      { words: "schema", summary: "print the JSON Schema of the file, from which editors complete" },
    ],
  },
  settings: optionNames,
  epilogue: `Without FILE it is that of --config, else cacheproxy.toml in this folder.`,
};

type Action = (line: CommandLine, surroundings: Surroundings) => Promise<string>;

const actions = new Map<string | undefined, Action>([
  ["check", check],
  ["print", async (line, surroundings) => printed(await loaded(line, surroundings))],
  ["schema", schema],
]);

/** Checks and prints what the operator has decided. */
export const config = commandOf(shape, async (line, surroundings) => {
  const action = actions.get(line.operands[0]);
  if (action === undefined) {
    throw new UsageError(
      `${line.operands[0] ?? "config"} is no action; there should be config check, config print or config schema`,
    );
  }
  await surroundings.say(await action(line, surroundings));
  return exitCode.done;
});

async function check(line: CommandLine, surroundings: Surroundings): Promise<string> {
  const { plan, settings, notices, content } = await loaded(line, surroundings);
  for (const notice of notices) surroundings.complain(notice);
  await preflight(settings, plan, content?.document);
  const rules = plan.sites.reduce((sum, site) => sum + site.rules.length + site.presetRules.length, 0);
  const counts = `${counted(plan.sites.length, "site")}, ${counted(rules, "rule")}`;
  return `${settings.configFile ?? "what is said without a file"} is right: ${counts}\n`;
}

async function schema({ operands: [, file] }: CommandLine): Promise<string> {
  if (file !== undefined)
    throw new UsageError("config schema is the same for every file; there should be no FILE");
  const form = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "cacheproxy",
    ...formOf(fileSchema),
  };
  return `${JSON.stringify(form, null, 2)}\n`;
}

function loaded({ flags, operands: [, file] }: CommandLine, surroundings: Surroundings): Promise<Loaded> {
  if (file === undefined) return loadSettings({ ...surroundings, flags });
  if (flags.configFile !== undefined) {
    throw new UsageError("FILE and --config both name a file; there should be one of them");
  }
  return loadSettings({ ...surroundings, flags: { ...flags, configFile: { where: "FILE", text: file } } });
}

function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
