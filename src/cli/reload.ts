import type { Settings } from "../config/schema.ts";
import { reloadAnswerSchema } from "../control/reload.ts";
import { UsageError } from "../config/usage-error.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { CommandError } from "./surroundings.ts";

const shape: CommandShape = {
  name: "cacheproxy reload",
  summary: "Have a running cacheproxy read its file and its certificates anew, and tell what has changed.",
  settings: ["cacheDir", "configFile"],
  epilogue: `It reads the file that it was started with; flags and variables of its start stay as they were.
A file with anything wrong changes nothing: the exit code is 1.`,
};

/** Has the running proxy read its configuration anew. */
export const reload = commandOf(shape, async (line, surroundings) => {
  const settings = await settingsOf(() => settingsOfRunning(line.flags, surroundings));
  const { changes, notices } = await askSupervisor(settings, "/reload", reloadAnswerSchema, {});
  for (const notice of notices) surroundings.complain(notice);
  const lines = changes.length === 0 ? ["nothing has changed"] : changes;
  await surroundings.say(lines.map((each) => `${each}\n`).join(""));
  return exitCode.done;
});

/** The running proxy mostly reads the same file, and would refuse it: that is no wrong use of the command. */
async function settingsOf(load: () => Promise<Settings>): Promise<Settings> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof UsageError) throw new CommandError(error.message);
    throw error;
  }
}
