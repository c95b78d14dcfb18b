import { type Figures, runLoad } from "./load.ts";
import type { BenchOrigin } from "./origin-process.ts";
import { processorSeconds } from "./processes.ts";
import type { Running } from "./servers.ts";
import { undisturbed } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

/** One server in one round. */
export interface Measure extends Figures {
  readonly processorMicroseconds: number;
  readonly requestsPerSecond: number;
}

/** Server names to what was measured, one after the other. */
export type Round = ReadonlyMap<string, Measure>;

export interface RoundsWanted {
  readonly rounds: number;
  readonly seconds: number;
}

/** What work a server leaves for later is work for these requests, too. */
const settleMilliseconds = 300;

/**
 * Undisturbed rounds, at most as many as wanted; twice as many are tried. In each round every server has its turn, and
 * another one begins.
 */
export async function measureRounds(
  workload: Workload,
  servers: readonly Running[],
  origin: BenchOrigin,
  { rounds, seconds }: RoundsWanted,
): Promise<{ readonly rounds: Round[]; readonly disturbed: number }> {
  const tried: Round[] = [];
  // The first is the one whose figures are the steadiest: the floor, where it takes part.
  const steady = servers[0]?.name ?? "";
  const quiet = () => undisturbed(tried, (round) => round.get(steady)?.processorMicroseconds ?? Number.NaN);
  while (quiet().length < rounds && tried.length < 2 * rounds) {
    const first = tried.length % servers.length;
    const round = new Map<string, Measure>();
    for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
      round.set(server.name, await measure(workload, server, origin, seconds));
    }
    tried.push(round);
  }
  return { rounds: quiet().slice(0, rounds), disturbed: tried.length - quiet().length };
}

async function measure(
  workload: Workload,
  server: Running,
  origin: BenchOrigin,
  seconds: number,
): Promise<Measure> {
  const [askedBefore, before] = [await origin.count(), processorSeconds(server.pid)];
  const figures = await runLoad(server.url, workload.load, seconds);
  await Bun.sleep(settleMilliseconds);
  const used = processorSeconds(server.pid) - before;
  refuseErrors(workload, server, figures);
  refuseOriginTraffic(workload, server, figures, (await origin.count()) - askedBefore);
  return {
    ...figures,
    processorMicroseconds: (used * 1e6) / figures.requests,
    requestsPerSecond: figures.requests / figures.seconds,
  };
}

function refuseErrors(workload: Workload, server: Running, figures: Figures): void {
  if (figures.requests > 0 && figures.badStatus === 0 && figures.brokenConnections === 0) return;
  throw new Error(`${workload.name}: ${server.name} gave errors: ${JSON.stringify(figures)}`);
}

/** A hit may not touch the origin; what is new or may not be stored must. */
function refuseOriginTraffic(workload: Workload, server: Running, figures: Figures, asked: number): void {
  if (workload.origin === "none" ? asked === 0 : asked >= figures.requests) return;
  const told = `${figures.requests} requests, ${asked} of them at the origin`;
  throw new Error(`${workload.name}: ${server.name} did not do what is measured: ${told}`);
}
