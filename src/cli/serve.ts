import { type Loaded, loadSettings } from "../config/load.ts";
import { optionNames } from "../config/options.ts";
import { withoutCredentials } from "../config/origin-address.ts";
import { UsageError } from "../config/usage-error.ts";
import type { WrittenSettings } from "../config/written-settings.ts";
import { runSupervisor } from "../supervisor/main.ts";
import {
  type Command,
  type CommandEntry,
  type CommandLine,
  type CommandShape,
  type CommandUse,
  commandOf,
} from "./command-line.ts";
import { preflight } from "./preflight.ts";
import type { Surroundings } from "./surroundings.ts";

const epilogue = `Sizes are written 512MB or 10GB (1MB is 1048576 bytes), times 500ms, 30s or 1h.
Each option can also be set by a variable (CACHEPROXY_CACHE_DIR) or in the file (cache-dir);
an option given here goes before the variable, the variable before the file. A switch that
a variable or the file turned on is turned off by --no-preserve-host or --no-store-unframed.
The file is cacheproxy.toml in this folder unless --config names another. Sites, rules and
more than one certificate are said in it alone: config schema tells what may be in it, config
check what is wrong.`;

/** Starts the proxy and serves until it is told to stop. Its help lists the other commands. */
export function serveAmong(commands: readonly CommandEntry[]): Command {
  const shape: CommandShape = {
    name: "cacheproxy",
    summary: "An HTTP cache: it stands before a web server, keeps what may be kept, and answers for it.",
    operands: "[PORT]",
    firstWords: { title: "Commands", uses: commands.flatMap(usesOf) },
    settings: optionNames,
    epilogue,
  };
  return commandOf(shape, (line, surroundings) => serve(line, surroundings, commands));
}

async function serve(
  line: CommandLine,
  surroundings: Surroundings,
  commands: readonly CommandEntry[],
): Promise<number> {
  const flags = withOperand(line.flags, line.operands[0], commands);
  const load = (known = flags) => loadSettings({ ...surroundings, flags: known });
  const check = ({ settings, plan, content }: Loaded) => preflight(settings, plan, content?.document);
  const loaded = await load();
  try {
    await check(loaded);
  } catch (error) {
    // They may tell why it is wrong; who serves has them in the journal.
    for (const notice of loaded.notices) surroundings.complain(notice);
    throw error;
  }
  return runSupervisor(loaded, {
    async read() {
      const anew = await load(withFile(flags, loaded));
      await check(anew);
      return anew;
    },
    check: ({ settings, plan }) => preflight(settings, plan),
  });
}

function usesOf({ name, aliases = [], uses }: CommandEntry): CommandUse[] {
  const first = [name, ...aliases].join("|");
  return uses.map(({ words, summary }) => ({ words: `${first} ${words}`.trimEnd(), summary }));
}

/** The file that was found at the start is needed from then on: who takes it away does not mean to serve without its sites. */
function withFile(flags: WrittenSettings, { settings: { configFile }, written }: Loaded): WrittenSettings {
  if (configFile === undefined || written.configFile !== undefined) return flags;
  return { ...flags, configFile: { where: "the file", text: configFile } };
}

/** The article's way to name the port. */
function withOperand(
  flags: WrittenSettings,
  operand: string | undefined,
  commands: readonly CommandEntry[],
): WrittenSettings {
  if (operand === undefined) return flags;
  if (!/^\d+$/.test(operand)) {
    const problem = `${JSON.stringify(withoutCredentials(operand))} is neither a command nor a port`;
    const names = commands.map(({ name }) => name);
    throw new UsageError(
      `${problem}; there should be a PORT from 1 to 65535, or one of ${names.join(", ")} as the first word`,
    );
  }
  if (flags.port && Number(flags.port.text) !== Number(operand)) {
    throw new UsageError(`PORT ${operand} and --port ${flags.port.text} differ; there should be one of them`);
  }
  return { ...flags, port: { where: "PORT", text: operand } };
}
