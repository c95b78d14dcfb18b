import { Option } from "commander";
import { pastPurgesSchema } from "../control/purge.ts";
import { askSupervisor } from "./admin-client.ts";
import { visibleJsonLines } from "../control/visible-text.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { limitIn } from "./limit.ts";
import { pastLine } from "./purge-words.ts";
import { settingsOfRunning } from "./settings-of-running.ts";

const shape: CommandShape = {
  name: "cacheproxy purges",
  summary: "Tell what was purged from a running cacheproxy of late, the newest first, with times in UTC.",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--limit <N>", "tell so many of the last thousand").default("20", "20"),
    new Option("--json", "tell them as JSON"),
  ],
};

/** Prints the last purges: when, how many went, what was looked for, who wanted it. */
export const purges = commandOf(shape, async (line, surroundings) => {
  const limit = limitIn(line.own["limit"], 1000);
  const settings = await settingsOfRunning(line.flags, surroundings);
  const answer = await askSupervisor(settings, "/purges", pastPurgesSchema);
  const told = answer.purges.slice(0, limit);
  const text = line.own["json"] === true ? visibleJsonLines(told) : told.map(pastLine).join("\n");
  await surroundings.say(text === "" ? "nothing was purged since the start\n" : `${text}\n`);
  return exitCode.done;
});
