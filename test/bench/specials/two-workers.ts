import { type Cores, readCores } from "../cores.ts";
import { type Load, runLoad } from "../load.ts";
import { processorSeconds } from "../processes.ts";
import { errorsIn } from "../rounds.ts";
import { type Running, startServer } from "../servers.ts";
import { median, spreadOf, told } from "../statistics.ts";
import { take } from "../take.ts";
import { warmUp } from "../warm-up.ts";
import type { Special } from "./special.ts";

const path = "/o/1024/hit";
const load: Load = {
  targets: { kind: "one", path },
  fields: {},
  connections: 128,
  client: "wrk",
  http2: false,
};

/** What a second worker brings where it has a core of its own, and what sharing costs. */
export const twoWorkers: Special = {
  name: "two workers against one, hits of 1 KB",
  async measure(server, origin, { rounds, seconds, quick }) {
    if (!server.takesWorkers) return null;
    const arena = arenaOf(readCores());
    const running: Running[] = [];
    try {
      for (const workers of [1, 2]) {
        const cores = arena.servers.slice(0, arena.roomy ? workers : undefined);
        const started = await startServer(server, { originPort: origin.port, workers, cores });
        running.push(started);
        await take(`${started.url}${path}`);
        await warmUp(started, load, quick, arena.load);
      }
      const pairs: Pair[] = [];
      for (let round = 0; round < rounds; round++) pairs.push(await pairOf(running, seconds, arena.load));
      return { ...throughput(pairs, arena), ...cost(pairs, arena) };
    } finally {
      for (const each of running) await each.stop();
    }
  },
};

export interface Arena {
  /** Whether servers and load have two cores each, which they do not share. */
  readonly roomy: boolean;
  readonly servers: readonly number[];
  readonly load: readonly number[];
  /** How many there are. */
  readonly cores: number;
}

const mostLoadCores = 4;

/** Two cores for the workers and the others for the load; where there are fewer than four, all for both. */
export function arenaOf({ apart, siblings }: Cores): Arena {
  const cores = apart.length;
  if (cores >= 4)
    return { roomy: true, servers: apart.slice(0, 2), load: apart.slice(2, 2 + mostLoadCores), cores };
  const all = [...apart, ...siblings].slice(0, 2);
  return { roomy: false, servers: all, load: all, cores };
}

interface Turn {
  readonly requestsPerSecond: number;
  readonly processorSecondsPerRequest: number;
  /** How many cores' worth of time the server used. */
  readonly coresBusy: number;
}

export interface Pair {
  readonly one: Turn;
  readonly two: Turn;
}

async function pairOf(running: readonly Running[], seconds: number, cores: readonly number[]): Promise<Pair> {
  const turns: Turn[] = [];
  for (const { pid, url } of running) {
    const before = processorSeconds(pid);
    const figures = await runLoad(url, load, seconds, cores);
    const used = processorSeconds(pid) - before;
    const errors = errorsIn(figures);
    if (errors !== null) throw new Error(errors);
    turns.push({
      requestsPerSecond: figures.requests / figures.seconds,
      processorSecondsPerRequest: used / figures.requests,
      coresBusy: used / figures.seconds,
    });
  }
  const [one, two] = turns;
  if (one === undefined || two === undefined) throw new RangeError("a pair is two servers");
  return { one, two };
}

const fullyBusy = 1.8;

/** Where load and servers share cores, throughput tells of the load as much as of the server: no figure then. */
export function throughput(pairs: readonly Pair[], { roomy, cores }: Arena): Record<string, string> {
  if (!roomy) return { throughput: `needs four cores, this machine has ${cores}` };
  const ratio = told(spreadOf(pairs.map(({ one, two }) => two.requestsPerSecond / one.requestsPerSecond)));
  const busy = median(pairs.map(({ two }) => two.coresBusy));
  return { throughput: busy >= fullyBusy ? ratio : `${ratio}, and the load was the limit` };
}

/** What two workers spend on a request that one does not: twice the throughput is divided by this. */
function cost(pairs: readonly Pair[], { roomy }: Arena): Record<string, string> {
  const ratio = spreadOf(
    pairs.map(({ one, two }) => two.processorSecondsPerRequest / one.processorSecondsPerRequest),
  );
  return { [roomy ? "CPU per request" : "CPU per request, load on the same two cores"]: told(ratio) };
}
