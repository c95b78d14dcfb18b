import { runWorker } from "../worker/main.ts";

/** What the supervisor starts, N times; not for the command line of people. Serves until told to stop. */
export async function worker(): Promise<number> {
  await runWorker();
  return 0;
}
