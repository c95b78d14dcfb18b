import { setPriority } from "node:os";
import { answerFromIndex } from "../keeper/entries/main.ts";
import type { Surroundings } from "./surroundings.ts";

/** Those who serve come first; where nothing is left by them it still gets a tenth of a core. */
const niceness = 10;

/** What the supervisor starts to have a look at the index, for one question; not for the command line of people. */
export async function reader(
  [cacheDirectory = ""]: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  setPriority(niceness);
  const asked = await Bun.stdin.text();
  await surroundings.say(answerFromIndex(cacheDirectory, asked, () => performance.now()));
  return 0;
}
