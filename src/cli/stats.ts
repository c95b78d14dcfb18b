import { Option } from "commander";
import { z } from "zod";
import { statsSchema } from "../control/stats.ts";
import { askSupervisor } from "./admin-client.ts";
import { visibleJsonLines } from "../control/visible-text.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { statsText } from "./stats-words.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { coloursIn } from "./surroundings.ts";

const shape: CommandShape = {
  name: "cacheproxy stats",
  summary: "Tell what a running cacheproxy has done since its start, and what it holds.",
  settings: ["cacheDir", "configFile"],
  own: [new Option("--json", "tell it as JSON")],
};

/** Where no terminal limits a line. */
const columnsElsewhere = 200;

/** Prints the counters of a running proxy. */
export const stats = commandOf(shape, async (line, surroundings) => {
  const settings = await settingsOfRunning(line.flags, surroundings);
  if (line.own["json"] === true) {
    const answer = await askSupervisor(settings, "/stats", z.record(z.string(), z.unknown()));
    await surroundings.say(`${visibleJsonLines(answer)}\n`);
    return exitCode.done;
  }
  const answer = await askSupervisor(settings, "/stats", statsSchema);
  const { terminal } = surroundings.machine;
  const columns = (terminal && process.stdout.columns) || columnsElsewhere;
  const lines = statsText(answer, Date.now(), columns, coloursIn(surroundings));
  await surroundings.say(`${lines.join("\n")}\n`);
  return exitCode.done;
});
