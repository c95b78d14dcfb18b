import { runKeeper } from "../keeper/main.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the supervisor starts, once; not for the command line of people. */
export async function keeper(_: readonly string[], { environment }: Surroundings): Promise<number> {
  await runKeeper(environment);
  return 0;
}
