import { UsageError } from "../config/usage-error.ts";
import { CommandError, type RunCommand, type Surroundings } from "./surroundings.ts";

/** Loaded when asked for: a worker has no use for the supervisor's code. */
const serve = async (): Promise<RunCommand> => (await import("./serve.ts")).serve;
const commands = new Map<string | undefined, () => Promise<RunCommand>>([
  ["serve", serve],
  ["purge", async () => (await import("./purge.ts")).purge],
  ["purges", async () => (await import("./purges.ts")).purges],
  ["reload", async () => (await import("./reload.ts")).reload],
  ["stats", async () => (await import("./stats.ts")).stats],
  ["verify", async () => (await import("./verify.ts")).verify],
  ["config", async () => (await import("./config.ts")).config],
  ["keeper", async () => (await import("./keeper.ts")).keeper],
  ["worker", async () => (await import("./worker.ts")).worker],
]);

/** Runs the command the first word names, `serve` where it names none. The exit code: 2 for a wrong use, 1 for a failure. */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const named = commands.get(words[0]);
  try {
    const command = await (named ?? serve)();
    return await command(named ? words.slice(1) : words, surroundings);
  } catch (error) {
    for (const line of linesFor(error)) surroundings.complain(line);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Nobody who uses the program has a use for its stack. */
function linesFor(error: unknown): readonly string[] {
  if (error instanceof UsageError) return error.lines;
  if (error instanceof CommandError) return error.message.split("\n");
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [`this should not have happened: ${text.replaceAll(/\s*\n\s*/g, " ")}`];
}
