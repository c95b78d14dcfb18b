import { writeFile } from "node:fs/promises";
import { Option } from "commander";
import { codeOf } from "../config/listen-refusal.ts";
import { UsageError } from "../config/usage-error.ts";
import { duration } from "../config/written.ts";
import { reportSchema } from "../control/report.ts";
import { visibleJsonLines } from "../control/visible-text.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { reportInWords } from "./report/report-words.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { coloursIn, CommandError, type Surroundings } from "./surroundings.ts";
import { easyWidth } from "./wrapped.ts";

const shape: CommandShape = {
  name: "cacheproxy report",
  summary:
    "Tell what of the requests could have been hits and was none, and what to change, what saves most first.",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--since <TIME>", "of the requests of so much time, a day at the most").default("1h", "1h"),
    new Option("--html <FILE>", "write it as a page with charts into this file; - is the standard output"),
    new Option("--json", "say all that is known, as JSON"),
  ],
  epilogue: `A request could have been a hit if the same target had been asked for before, of late, and something
can be changed about it. It is counted since the start at the most. The page is one file that needs
nothing else, to be sent to somebody or to be printed.`,
};

const day = 86_400_000;
/** Where no terminal says how wide a line may be. */
const usualColumns = 80;

/** What should be changed, and what would that save? */
export const report = commandOf(shape, async (line, surroundings) => {
  const { html, json } = line.own;
  const since = sinceIn(line.own["since"]);
  if (html === "-" && json === true)
    throw new UsageError("--html - and --json both say what is printed; there should be one of them");
  const settings = await settingsOfRunning(line.flags, surroundings);
  const answer = await askSupervisor(settings, `/report?since=${Math.ceil(since / 1000)}`, reportSchema);
  if (typeof html === "string") {
    const { reportAsPage } = await import("./report/page.ts");
    const page = reportAsPage(answer);
    if (html === "-") await surroundings.say(page);
    else await write(html, page);
  }
  if (json === true) await surroundings.say(`${visibleJsonLines(answer)}\n`);
  else if (html === undefined)
    await surroundings.say(reportInWords(answer, columnsIn(surroundings), coloursIn(surroundings)));
  return exitCode.done;
});

/** No more than are read with ease. */
function columnsIn({ machine }: Surroundings): number {
  return Math.min(easyWidth, (machine.terminal && process.stdout.columns) || usualColumns);
}

function sinceIn(text: unknown): number {
  const since = duration.safeParse(text);
  if (since.success && since.data >= 1000 && since.data <= day) return since.data;
  throw new UsageError(`--since ${JSON.stringify(text)} should be a time such as 30m or 12h, 1d at the most`);
}

async function write(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new CommandError(
      `--html ${JSON.stringify(file)} cannot be written (${codeOf(error) ?? error}); it should be a file in a folder that is there and yours`,
    );
  }
}
