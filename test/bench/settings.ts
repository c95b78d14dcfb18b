import { z } from "zod";

/** How long and how much to measure: the variables of `make bench`. */
const settingsSchema = z.object({
  /** Two short rounds and little warming, for development. */
  quick: z.boolean(),
  rounds: z.int("ROUNDS is a whole number").min(1),
  /** Of load, in each round, for each server. wrk takes whole ones only. */
  seconds: z.int("SECONDS is a whole number").min(1),
  /** Names of workloads and of servers to measure; all by default. */
  workloads: z.instanceof(RegExp),
  servers: z.instanceof(RegExp),
  /** Where table.md and results.json go. */
  output: z.string().min(1),
  /** How often `make profile` looks where the program is. */
  intervalMicroseconds: z.int("INTERVAL is a whole number of microseconds").min(1, "INTERVAL is at least 1"),
  /** Whether the README's table becomes that of this run. */
  readme: z.boolean(),
});

export type BenchSettings = z.infer<typeof settingsSchema>;

/**
 * QUICK=1, ROUNDS=5, SECONDS=3, ONLY="zipf|304", SERVERS="nginx|varnish", OUTPUT=dist/bench, README=1,
 * INTERVAL=200; all may be left out. Throws, with a message for the person who wrote them, when one cannot be.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): BenchSettings {
  const given = (name: string) => environment[name] || undefined;
  const isOn = (name: string) => given(name) !== undefined && given(name) !== "0";
  const quick = isOn("QUICK");
  const readme = isOn("README");
  if (readme && (quick || given("ONLY") !== undefined))
    throw new Error(
      "README=1 takes all workloads, and not QUICK=1: the README's table is replaced as a whole",
    );
  const { success, data, error } = settingsSchema.safeParse({
    quick,
    rounds: Number(given("ROUNDS") ?? (quick ? 2 : 5)),
    seconds: Number(given("SECONDS") ?? (quick ? 1 : 3)),
    workloads: new RegExp(given("ONLY") ?? "", "i"),
    servers: new RegExp(given("SERVERS") ?? "", "i"),
    output: given("OUTPUT") ?? "dist/bench",
    intervalMicroseconds: Number(given("INTERVAL") ?? 200),
    readme,
  });
  if (!success) throw new Error(z.prettifyError(error));
  return data;
}
