import { cacheFolder } from "../contenders.ts";
import { type Load, runLoad } from "../load.ts";
import { errorsIn } from "../rounds.ts";
import type { Running, Server } from "../servers.ts";
import { quantile } from "../statistics.ts";
import { takeAll } from "../take.ts";
import { missLoad } from "./misses.ts";
import { alternate, type Bench, type Binary, end, type Part, start, untilQuiet, warm } from "./part.ts";
import { type Hit, type HitLoad, startHits } from "./timed-hits.ts";

const paths = Array.from({ length: 1000 }, (_, index) => `/o/1024/hit-${index}`);
const connections = 16;

/** What hits there are beside what disturbs them: as many as go through, or few, which wait for nobody but the rest. */
const loads: readonly PacedLoad[] = [
  { pace: "at full rate", paths, connections, pauseMilliseconds: 0 },
  { pace: "at a pause of 10 ms", paths, connections, pauseMilliseconds: 10 },
];

interface PacedLoad extends HitLoad {
  readonly pace: string;
}

const removedAtOnce = 50_000;
const beside = "beside misses at full rate";
/** Nothing is stored: what of the misses' disturbance is not the store's. */
const besidePasses = "beside passes at full rate";
const passLoad: Load = { ...missLoad, targets: { kind: "one", path: "/pass/1024" } };
const during = "while 50,000 rows are removed";
const wanted = "≤ 2";

export const hits: Part = {
  name: "hits",
  async measure(bench) {
    const { binaries, nginx, settings } = bench;
    const seats: Seat[] = [];
    try {
      for (const server of [...binaries, nginx]) {
        const running = await start(server, bench);
        seats.push({ server, running, binary: binaries.find((each) => each === server) });
        await takeAll(paths.map((path) => `${running.url}${path}`));
        const targets = { kind: "list", paths } as const;
        await warm(bench, server, running, { ...missLoad, targets });
        await warm(bench, server, running, missLoad);
      }
      await alternate(seats, settings.rounds, async (seat, round) => {
        for (const load of loads) await turn(bench, seat, load, round);
      });
    } finally {
      for (const { running } of seats) await end(running);
    }
  },
};

interface Seat {
  readonly server: Server;
  readonly running: Running;
  /** Of what can be told to purge. */
  readonly binary: Binary | undefined;
}

async function turn(bench: Bench, seat: Seat, load: PacedLoad, round: number): Promise<void> {
  const { running, server, binary } = seat;
  const seen = new Map([
    ["alone", await hitsAlone(bench, running, load)],
    [beside, await hitsBeside(bench, seat, load, missLoad)],
    [besidePasses, await hitsBeside(bench, seat, load, passLoad)],
  ]);
  if (binary !== undefined) seen.set(during, await hitsDuringPurge(bench, running, binary, load, round));
  const alone = quantile(latencies(seen.get("alone")), 0.99);
  for (const [when, some] of seen) {
    const title = `hits ${load.pace}, ${when}`;
    const note = (what: string, unit: "µs" | "times", value: number, wish = "") =>
      bench.table.note({ title: `${title}: ${what}`, unit, wanted: wish }, server.name, value);
    const p99 = quantile(latencies(some), 0.99);
    note("p99", "µs", p99);
    if (when !== "alone")
      note("p99 to that alone", "times", p99 / alone, when === besidePasses ? "" : wanted);
    note("p99.9", "µs", quantile(latencies(some), 0.999));
    note("longest", "µs", quantile(latencies(some), 1));
  }
}

function latencies(some: readonly Hit[] = []): number[] {
  return some.map(({ microseconds }) => microseconds);
}

/** None may have reached the origin. */
async function hitsAlone(bench: Bench, running: Running, load: HitLoad): Promise<Hit[]> {
  await untilQuiet(bench, running);
  const asked = await bench.origin.settledCount();
  const timed = await startHits(running.url, load, bench.arena.load);
  await Bun.sleep(bench.settings.seconds * 1000);
  const seen = await timed.stop();
  if ((await bench.origin.settledCount()) > asked) throw new Error("hits have reached the origin");
  return seen;
}

/** Until the others are under way, when they begin; at their end the hits are ended before them. */
const underWayMilliseconds = 500;

async function hitsBeside(
  bench: Bench,
  { running, server }: Seat,
  load: PacedLoad,
  others: Load,
): Promise<Hit[]> {
  const { settings, arena, table } = bench;
  await untilQuiet(bench, running);
  const asking = runLoad(running.url, others, settings.seconds + 1, arena.load);
  const [figures, seen] = await Promise.all([asking, hitsMeanwhile()]);
  const wrong = errorsIn(figures);
  if (wrong !== null) throw new Error(`${server.name} ${wrong}`);
  const what = others === missLoad ? "misses" : "passes";
  const rate = { title: `${what} a second, beside hits ${load.pace}`, unit: "/s" } as const;
  table.note(rate, server.name, figures.requests / figures.seconds);
  return seen;

  async function hitsMeanwhile(): Promise<Hit[]> {
    await Bun.sleep(underWayMilliseconds);
    const timed = await startHits(running.url, load, arena.load);
    await Bun.sleep(settings.seconds * 1000 - underWayMilliseconds);
    return timed.stop();
  }
}

/** So long do hits go on before and after the purge. */
const aroundMilliseconds = 500;
let purges = 0;

async function hitsDuringPurge(
  bench: Bench,
  running: Running,
  { program, name }: Binary,
  load: PacedLoad,
  round: number,
): Promise<Hit[]> {
  const prefix = `/o/1024/purge-${round}-${++purges}-`;
  await takeAll(Array.from({ length: removedAtOnce }, (_, index) => `${running.url}${prefix}${index}`));
  await untilQuiet(bench, running);
  const timed = await startHits(running.url, load, bench.arena.load);
  await Bun.sleep(aroundMilliseconds);
  const from = Date.now();
  const { exitCode, stdout, stderr } =
    await Bun.$`${program} purge --cache-dir ${cacheFolder(running)} --prefix ${prefix}`.nothrow().quiet();
  const until = Date.now();
  await Bun.sleep(aroundMilliseconds);
  const seen = await timed.stop();
  const removed = Number(/removed (\d+)/.exec(stdout.toString())?.[1]);
  if (exitCode !== 0) throw new Error(`the purge ended with ${exitCode}: ${stdout}${stderr}`);
  // Where the disk cannot follow, a cache may leave something unstored: the figure is then one of fewer rows.
  if (removed !== removedAtOnce)
    bench.table.remark(`${name}: a purge removed ${removed} of ${removedAtOnce}`);
  const took = { title: `purge of 50,000 by prefix, beside hits ${load.pace}`, unit: "ms" } as const;
  bench.table.note(took, name, until - from);
  return seen.filter(({ begunAt, microseconds }) => begunAt < until && begunAt + microseconds / 1000 > from);
}
