import { coreOfServers } from "./cores.ts";
import { disturbances, leastDisturbed, tooDisturbed } from "./disturbance.ts";
import { messageOf } from "./failure.ts";
import { type Figures, runLoad } from "./load.ts";
import type { BenchOrigin } from "./origin-process.ts";
import { busySeconds, processorSeconds } from "./processes.ts";
import type { Running } from "./servers.ts";
import type { Workload } from "./workloads.ts";

/** One server in one round. */
export interface Measure extends Figures {
  readonly processorMicroseconds: number;
  readonly requestsPerSecond: number;
  /** The share of its core that the server used: well below 1 where the load, which has one core, is the limit. */
  readonly busyShare: number;
  /** The share of that core that others used meanwhile. */
  readonly foreignShare: number;
}

/** Server names to what was measured, one after the other. */
export type Round = ReadonlyMap<string, Measure>;

/** Why a server has no figures, in words that follow its name: "gave errors: …". */
export type Shortcoming = string;

export interface RoundsWanted {
  readonly rounds: number;
  readonly seconds: number;
}

export interface Rounds {
  readonly rounds: readonly Round[];
  /** How many of these were disturbed: no better ones were to be had. */
  readonly disturbed: number;
  /** Servers that failed under load. They have no figures, of earlier rounds neither. */
  readonly failed: ReadonlyMap<string, Shortcoming>;
}

/** What work a server leaves for later is work for these requests, too. */
const settleMilliseconds = 300;

/**
 * As many rounds as wanted: the least disturbed of at most twice as many. In each round every server has its turn, and
 * another one begins.
 */
export async function measureRounds(
  workload: Workload,
  servers: readonly Running[],
  origin: BenchOrigin,
  { rounds: wanted, seconds }: RoundsWanted,
): Promise<Rounds> {
  const failed = new Map<string, Shortcoming>();
  const tried: Round[] = [];
  const sound = () => tried.map((round) => new Map([...round].filter(([name]) => !failed.has(name))));
  const quiet = () => disturbances(sound()).filter((share) => share <= tooDisturbed).length;
  while (quiet() < wanted && tried.length < 2 * wanted) {
    const first = tried.length % Math.max(1, servers.length);
    const round = new Map<string, Measure>();
    for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
      if (failed.has(server.name)) continue;
      const measured = await measure(workload, server, origin, seconds).catch(messageOf);
      if (typeof measured === "string") failed.set(server.name, measured);
      else round.set(server.name, measured);
    }
    tried.push(round);
  }
  return { ...leastDisturbed(sound(), wanted), failed };
}

async function measure(
  workload: Workload,
  server: Running,
  origin: BenchOrigin,
  seconds: number,
): Promise<Measure | Shortcoming> {
  const core = coreOfServers();
  const asked = await origin.settledCount();
  const before = { used: processorSeconds(server.pid), busy: busySeconds(core), at: Bun.nanoseconds() };
  const figures = await runLoad(server.url, workload.load, seconds);
  await Bun.sleep(settleMilliseconds);
  const used = processorSeconds(server.pid) - before.used;
  const busy = busySeconds(core) - before.busy;
  const lasted = (Bun.nanoseconds() - before.at) / 1e9;
  return (
    errorsIn(figures) ??
    wrongTraffic(workload, figures, (await origin.count()) - asked) ?? {
      ...figures,
      processorMicroseconds: (used * 1e6) / figures.requests,
      requestsPerSecond: figures.requests / figures.seconds,
      busyShare: used / figures.seconds,
      foreignShare: Math.max(0, busy - used) / lasted,
    }
  );
}

export function errorsIn(figures: Figures): Shortcoming | null {
  if (figures.requests > 0 && figures.badStatus === 0 && figures.brokenConnections === 0) return null;
  return `gave errors: ${JSON.stringify(figures)}`;
}

/** A hit may not touch the origin; what is new or may not be stored must; and bodies come whole. */
export function wrongTraffic(
  { origin, size }: Pick<Workload, "origin" | "size">,
  { requests, bytes }: Pick<Figures, "requests" | "bytes">,
  asked: number,
): Shortcoming | null {
  if (origin === "none" ? asked > 0 : asked < requests)
    return `did not do what is measured: ${requests} requests, ${asked} of them at the origin`;
  return bytes < requests * size ? `sent ${bytes} bytes for ${requests} bodies of ${size}` : null;
}
