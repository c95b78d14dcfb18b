import { runWorker } from "../worker/main.ts";

/** What the supervisor starts, N times; not for the command line of people. A worker ends its process itself. */
export async function worker(): Promise<number> {
  await runWorker();
  return Promise.withResolvers<number>().promise;
}
