import { codeOf } from "../config/listen-refusal.ts";
import { UsageError } from "../config/usage-error.ts";
import { commandNamed, loadServe } from "./commands.ts";
import { exitCode } from "./exit-code.ts";
import { CommandError, type RunCommand, type Surroundings } from "./surroundings.ts";

/** What the supervisor starts, not for the command line of people. Loaded when asked for, as commands are. */
const processes = new Map<string | undefined, () => Promise<RunCommand>>([
  ["keeper", async () => (await import("./keeper.ts")).keeper],
  ["reader", async () => (await import("./reader.ts")).reader],
  ["worker", async () => (await import("./worker.ts")).worker],
]);

/** Whoever has read what is said has enough of it, as `| head` has: that ends the command, and nothing is wrong. */
class UnheardError extends Error {
  override readonly name = "UnheardError";
}

/** Runs the command the first word names, `serve` where it names none. The exit code. */
export async function run(words: readonly string[], around: Surroundings): Promise<number> {
  const surroundings: Surroundings = { ...around, say: (text) => heard(around.say(text)) };
  const process = processes.get(words[0]);
  const named = commandNamed(words[0]);
  try {
    if (process) return await (await process())(words.slice(1), surroundings);
    const command = await (named?.load ?? loadServe)();
    return await command.run(named ? words.slice(1) : words, surroundings);
  } catch (error) {
    if (error instanceof UnheardError) return exitCode.done;
    for (const line of linesFor(error)) surroundings.complain(line);
    return error instanceof UsageError ? exitCode.wrongUse : exitCode.trouble;
  }
}

/** Rejects with an `UnheardError` where the reader of standard output has gone. */
async function heard(saying: Promise<void>): Promise<void> {
  try {
    await saying;
  } catch (error) {
    throw codeOf(error) === "EPIPE" ? new UnheardError() : error;
  }
}

/** Nobody who uses the program has a use for its stack. */
function linesFor(error: unknown): readonly string[] {
  if (error instanceof UsageError) return error.lines;
  if (error instanceof CommandError) return error.message.split("\n");
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [`this should not have happened: ${text.replaceAll(/\s*\n\s*/g, " ")}`];
}
