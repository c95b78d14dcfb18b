import { type Load, numberedPath, runLoad } from "../load.ts";
import { processorSeconds } from "../processes.ts";
import { errorsIn, wrongTraffic } from "../rounds.ts";
import type { Running, Server } from "../servers.ts";
import {
  alternate,
  answeredAlone,
  type Bench,
  end,
  type Part,
  start,
  startAgain,
  untilQuiet,
  warm,
} from "./part.ts";

const size = 1024;
const figures = {
  cost: { title: "stored miss of 1 KB: CPU of all processes", unit: "µs", wanted: "after / before ≤ 0.8" },
  p99: { title: "stored miss: p99, 32 connections", unit: "µs", wanted: "after / nginx ≤ 2" },
  rate: { title: "stored misses a second", unit: "/s" },
  onDisk: { title: "stored misses that are hits after a restart", unit: "times", wanted: "1" },
} as const;

/** Misses at full rate. */
export const missLoad: Load = {
  targets: { kind: "unique", prefix: `/o/${size}/miss-` },
  fields: {},
  connections: 32,
  client: "wrk",
  http2: false,
};

export const misses: Part = {
  name: "miss",
  async measure(bench) {
    const { binaries, nginx, settings } = bench;
    const seats: Seat[] = [];
    try {
      for (const server of [...binaries, nginx]) {
        const running = await start(server, bench);
        seats.push({ server, running, asked: [] });
        await warm(bench, server, running, missLoad);
      }
      await alternate(seats, settings.rounds, (seat, round) => turn(bench, seat, round));
      for (const seat of seats) await lookAgain(bench, seat);
    } finally {
      for (const { running } of seats) await end(running);
    }
  },
};

interface Seat {
  readonly server: Server;
  running: Running;
  /** What has been asked for, some of it. */
  readonly asked: string[];
}

async function turn(bench: Bench, { server, running, asked }: Seat, round: number): Promise<void> {
  const { origin, settings, arena, table } = bench;
  const prefix = `/o/${size}/stored-${round}-`;
  const targets = { kind: "numbered", prefix, method: "GET" } as const;
  await untilQuiet(bench, running);
  const [askedBefore, usedBefore] = [await origin.settledCount(), processorSeconds(running.pid)];
  const measured = await runLoad(running.url, { ...missLoad, targets }, settings.seconds, arena.load);
  await untilQuiet(bench, running);
  const used = processorSeconds(running.pid) - usedBefore;
  const traffic = wrongTraffic({ origin: "each", size }, measured, (await origin.count()) - askedBefore);
  const wrong = errorsIn(measured) ?? traffic;
  if (wrong !== null) throw new Error(`${server.name} ${wrong}`);
  table.note(figures.cost, server.name, (used * 1e6) / measured.requests);
  table.note(figures.p99, server.name, measured.p99Microseconds);
  table.note(figures.rate, server.name, measured.requests / measured.seconds);
  asked.push(...sample(prefix, arena.load.length, measured.requests));
}

const sampleOfThread = 50;

/** Some of what the threads asked for, evenly. No thread is taken to have made less than half of its share. */
function sample(prefix: string, threads: number, requests: number): string[] {
  const step = Math.max(1, Math.floor(requests / threads / 2 / sampleOfThread));
  return Array.from({ length: threads * sampleOfThread }, (_, index) =>
    numberedPath(prefix, 1 + (index % threads), 1 + Math.floor(index / threads) * step),
  );
}

/** Whether the misses were stored: a server that was started again has nothing but what lies on the disk. */
async function lookAgain(bench: Bench, seat: Seat): Promise<void> {
  await seat.running.stop();
  seat.running = await startAgain(seat.server, bench, seat.running);
  const found = await answeredAlone(bench, seat.running, seat.asked);
  bench.table.note(figures.onDisk, seat.server.name, found / seat.asked.length);
}
