import { z } from "zod";

/** How long and how much to measure: the variables of `make bench`. */
const settingsSchema = z.object({
  /** Two short rounds, for development. */
  quick: z.boolean(),
  rounds: z.int().min(1),
  /** Of load, in each round, for each server. */
  seconds: z.number().min(0.5),
  /** Names of workloads and of servers to measure; all by default. */
  workloads: z.instanceof(RegExp),
  servers: z.instanceof(RegExp),
  /** Where table.md and results.json go. */
  output: z.string().min(1),
});

export type BenchSettings = z.infer<typeof settingsSchema>;

/** QUICK=1, ROUNDS=5, SECONDS=3, ONLY="zipf|304", SERVERS="nginx|varnish", OUTPUT=dist/bench; all may be left out. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): BenchSettings {
  const given = (name: string) => environment[name] || undefined;
  const quick = given("QUICK") !== undefined;
  return settingsSchema.parse({
    quick,
    rounds: Number(given("ROUNDS") ?? (quick ? 2 : 5)),
    seconds: Number(given("SECONDS") ?? (quick ? 1 : 3)),
    workloads: new RegExp(given("ONLY") ?? "", "i"),
    servers: new RegExp(given("SERVERS") ?? "", "i"),
    output: given("OUTPUT") ?? "dist/bench",
  });
}
