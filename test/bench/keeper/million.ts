import { numberedPath, runLoad } from "../load.ts";
import { residentBytes, treeOf } from "../processes.ts";
import { errorsIn } from "../rounds.ts";
import type { Running, Server } from "../servers.ts";
import { missLoad } from "./misses.ts";
import {
  alternate,
  answeredAlone,
  type Bench,
  end,
  killAll,
  type Part,
  start,
  startAgain,
  untilQuiet,
} from "./part.ts";

const prefix = "/o/1024/many-";
const sampleSize = 100;
const fillSeconds = 10;
const restMilliseconds = 5000;
const wanted = "after / before about 1";

/** Starts of a cache that holds many objects, after an end that was orderly and after one that was not. */
export const million: Part = {
  name: "million",
  async measure(bench) {
    const seats: Seat[] = [];
    try {
      for (const server of bench.binaries) {
        const seat = { server, running: await start(server, bench) };
        seats.push(seat);
        await fill(bench, seat);
      }
      await alternate(seats, bench.settings.rounds, (seat) => turn(bench, seat));
    } finally {
      for (const { running } of seats) await end(running);
    }
  },
};

interface Seat {
  readonly server: Server;
  running: Running;
}

/** As clients would: what lies on the disk is then as this binary writes it. */
async function fill(bench: Bench, { running, server }: Seat): Promise<void> {
  const { origin, arena, objects, table } = bench;
  const before = await origin.settledCount();
  for (let run = 0; (await origin.count()) - before < objects; run++) {
    const targets = { kind: "numbered", prefix: `${prefix}${run}-`, method: "GET" } as const;
    const measured = await runLoad(running.url, { ...missLoad, targets }, fillSeconds, arena.load);
    const wrong = errorsIn(measured);
    if (wrong !== null) throw new Error(`${server.name} ${wrong}`);
  }
  await untilQuiet(bench, running);
  table.note({ title: "many objects: how many", unit: "" }, server.name, (await origin.count()) - before);
}

async function turn(bench: Bench, seat: Seat): Promise<void> {
  const begun = Bun.nanoseconds();
  await seat.running.stop();
  const took = { title: "many objects: an orderly end (5000: it was killed)", unit: "ms" } as const;
  bench.table.note(took, seat.server.name, (Bun.nanoseconds() - begun) / 1e6);
  await observeStart(bench, seat, "an orderly end");
  killAll(treeOf(seat.running.pid));
  await seat.running.stop();
  await observeStart(bench, seat, "SIGKILL");
}

async function observeStart(bench: Bench, seat: Seat, how: string): Promise<void> {
  const { table } = bench;
  const { server } = seat;
  seat.running = await startAgain(server, bench, seat.running);
  const begin = { title: `many objects: start after ${how}`, unit: "ms", wanted } as const;
  table.note(begin, server.name, seat.running.startMilliseconds);
  const sample = Array.from({ length: sampleSize }, (_, index) => numberedPath(`${prefix}0-`, 1, index + 1));
  const found = await answeredAlone(bench, seat.running, sample);
  // What was stored last before a kill may be lost; these were the first.
  if (found < sampleSize) throw new Error(`${server.name} has ${found} of ${sampleSize} after ${how}`);
  await Bun.sleep(restMilliseconds);
  const memory = { title: `many objects: memory after ${how}`, unit: "MB", wanted } as const;
  table.note(memory, server.name, residentBytes(seat.running.pid) / 2 ** 20);
}
