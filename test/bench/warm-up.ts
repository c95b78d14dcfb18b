import { type Load, runLoad } from "./load.ts";
import { processorSeconds } from "./processes.ts";
import type { Running } from "./servers.ts";

const windowSeconds = 1;
const mostWindows = 20;
/** So many windows on end that bring nothing: few of them where figures need not be good. */
const flatWindows = 3;
const flatWindowsQuick = 1;
/** Less than this share below the cheapest so far is noise. */
const progress = 0.05;

/**
 * Loads the server until it gets no cheaper: compilers must have seen the code often enough, folders must have been
 * made. On a path that is slow before it is compiled this takes ten seconds and more. Throws when the load fails.
 */
export async function warmUp(
  server: Running,
  load: Load,
  quick: boolean,
  cores?: readonly number[],
): Promise<void> {
  const costs: number[] = [];
  do {
    const before = processorSeconds(server.pid);
    const { requests } = await runLoad(server.url, load, windowSeconds, cores);
    costs.push((processorSeconds(server.pid) - before) / requests);
  } while (costs.length < mostWindows && !isWarm(costs, quick ? flatWindowsQuick : flatWindows));
}

/** Whether the last windows, so many, brought nothing: costs of a request, one a window, in order. */
export function isWarm(costs: readonly number[], flat: number): boolean {
  const earlier = Math.min(...costs.slice(0, -flat));
  return costs.length > flat && Math.min(...costs.slice(-flat)) > earlier * (1 - progress);
}
