import { type Load, numberedPath, runLoad } from "../load.ts";
import { processorSeconds } from "../processes.ts";
import { errorsIn } from "../rounds.ts";
import type { Running, Server } from "../servers.ts";
import { takeAll } from "../take.ts";
import { alternate, answeredAlone, type Bench, end, type Part, start, untilQuiet, warm } from "./part.ts";

const numbersOfWorkers = [2, 8, 16];
const load: Omit<Load, "targets"> = { fields: {}, connections: 64, client: "wrk", http2: false };

/** Requests that invalidate, each of another URL. */
export const posts: Part = {
  name: "posts",
  async measure(bench) {
    const rates: Rates = new Map();
    for (const workers of numbersOfWorkers) await measureWith(workers, bench, rates);
  },
};

/** How many a second, a number a round: of a server with the first of the numbers of workers, by what was asked. */
type Rates = Map<string, number[]>;

interface Seat {
  readonly server: Server;
  readonly running: Running;
  readonly workers: number;
  readonly rates: Rates;
}

async function measureWith(workers: number, bench: Bench, rates: Rates): Promise<void> {
  const { binaries, settings } = bench;
  const seats: Seat[] = [];
  try {
    for (const server of binaries) {
      const running = await start(server, bench, { workers });
      seats.push({ server, running, workers, rates });
      await untilQuiet(bench, running);
      const targets = { kind: "numbered", prefix: "/o/1024/warm-", method: "POST" } as const;
      await warm(bench, server, running, { ...load, targets });
    }
    await alternate(seats, settings.rounds, async (seat, round) => {
      const rate = await post(bench, seat, round, "not stored");
      await postWhatIsStored(bench, seat, round, rate);
    });
  } finally {
    for (const { running } of seats) await end(running);
  }
}

/** More is stored than can be asked for at the rate of what is not stored, which is no more expensive. */
const moreThanEnough = 2;
const fewestOfThread = 500;

async function postWhatIsStored(bench: Bench, seat: Seat, round: number, rate: number): Promise<void> {
  const { settings, arena, table } = bench;
  const { running, server, workers } = seat;
  const prefix = prefixOf("stored", round);
  const threads = arena.load.map((_, index) => index + 1);
  const each = fewestOfThread + Math.ceil((rate * settings.seconds * moreThanEnough) / threads.length);
  const stored = threads.flatMap((thread) =>
    Array.from({ length: each }, (_, index) => numberedPath(prefix, thread, index + 1)),
  );
  await takeAll(stored.map((path) => `${running.url}${path}`));
  await untilQuiet(bench, running);
  const firsts = threads.map((thread) => numberedPath(prefix, thread, 1));
  const lasts = threads.map((thread) => numberedPath(prefix, thread, each));
  if ((await answeredAlone(bench, running, firsts)) < firsts.length)
    throw new Error(`${server.name} has not stored what is to be invalidated`);
  await post(bench, seat, round, "stored");
  await untilQuiet(bench, running);
  if ((await answeredAlone(bench, running, firsts)) > 0)
    throw new Error(`${server.name} still answers with what was invalidated`);
  if ((await answeredAlone(bench, running, lasts)) < lasts.length)
    table.remark(`${server.name}, ${workers} workers: some of the URLs posted to were not stored any more`);
}

type What = "stored" | "not stored";

function prefixOf(what: What, round: number): string {
  return `/o/1024/${what.replace(" ", "-")}-${round}-`;
}

/** How many a second. */
async function post(bench: Bench, seat: Seat, round: number, what: What): Promise<number> {
  const { origin, settings, arena } = bench;
  const { running, server } = seat;
  const targets = { kind: "numbered", prefix: prefixOf(what, round), method: "POST" } as const;
  await untilQuiet(bench, running);
  const [asked, usedBefore] = [await origin.settledCount(), processorSeconds(running.pid)];
  const measured = await runLoad(running.url, { ...load, targets }, settings.seconds, arena.load);
  await untilQuiet(bench, running);
  const used = processorSeconds(running.pid) - usedBefore;
  const wrong = errorsIn(measured);
  if (wrong !== null) throw new Error(`${server.name} ${wrong}`);
  if ((await origin.count()) - asked < measured.requests)
    throw new Error(`${server.name} answered for the origin`);
  const rate = measured.requests / measured.seconds;
  note(bench, seat, { what, round, rate, microseconds: (used * 1e6) / measured.requests });
  return rate;
}

interface Seen {
  readonly what: What;
  readonly round: number;
  readonly rate: number;
  readonly microseconds: number;
}

function note({ table }: Bench, { server, workers, rates }: Seat, seen: Seen): void {
  const title = `POST to what is ${seen.what}, ${workers} workers`;
  table.note({ title, unit: "/s" }, server.name, seen.rate);
  table.note({ title: `${title}: CPU`, unit: "µs" }, server.name, seen.microseconds);
  const [fewest] = numbersOfWorkers;
  const ofFewest = rates.getOrInsertComputed(`${server.name}, ${seen.what}`, () => []);
  if (workers === fewest) ofFewest.push(seen.rate);
  else {
    const share = { title: `${title}, to ${fewest} workers`, unit: "times", wanted: "> 0.8" } as const;
    table.note(share, server.name, seen.rate / (ofFewest[seen.round] ?? Number.NaN));
  }
}
