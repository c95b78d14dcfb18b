import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Load, runLoad } from "../load.ts";
import type { BenchOrigin } from "../origin-process.ts";
import { processorSeconds, treeOf } from "../processes.ts";
import { type Running, type Server, startServer } from "../servers.ts";
import type { BenchSettings } from "../settings.ts";
import type { Arena } from "../specials/two-workers.ts";
import type { Table } from "./table.ts";

/** The binary to name, which is "before" or "after". */
export interface Binary extends Server {
  readonly program: string;
}

export interface Bench {
  readonly binaries: readonly Binary[];
  readonly nginx: Server;
  readonly origin: BenchOrigin;
  readonly arena: Arena;
  readonly settings: BenchSettings;
  readonly table: Table;
  /** How many the cache of many objects holds. */
  readonly objects: number;
}

/** What is measured on its own, and notes its figures in the table. */
export interface Part {
  readonly name: string;
  measure(bench: Bench): Promise<void>;
}

const usualWorkers = 2;
const usualMemoryMegabytes = 256;

/** Starts the server as users have it who set nothing. */
export async function start(
  server: Server,
  { origin, arena }: Bench,
  { workers = usualWorkers, ...earlier }: { workers?: number; folder?: string; port?: number } = {},
): Promise<Running> {
  return startServer(server, {
    originPort: origin.port,
    workers,
    memoryMegabytes: usualMemoryMegabytes,
    cores: arena.servers,
    ...earlier,
    folder: earlier.folder ?? (await mkdtemp(join(tmpdir(), `${server.name}-`))),
  });
}

/**
 * Starts what has ended with what it has cached. The port is the same: what was asked for on another one is another
 * host's.
 */
export function startAgain(server: Server, bench: Bench, { folder, port }: Running): Promise<Running> {
  return start(server, bench, { folder, port });
}

const warmSeconds = 15;
/** Enough for what needs no compiler at run time, and where figures need not be good. */
const warmSecondsQuick = 2;

/**
 * The same load for each binary, for the same time: one that is warmed until it gets no cheaper is taken for warm too
 * early where something disturbs it, and the other would be ahead.
 */
export async function warm(bench: Bench, server: Server, { url }: Running, load: Load): Promise<void> {
  const { nginx, settings, arena } = bench;
  await runLoad(url, load, settings.quick || server === nginx ? warmSecondsQuick : warmSeconds, arena.load);
}

/** Ends every process of the server; its folder goes, too. */
export async function end(running: Running): Promise<void> {
  const tree = treeOf(running.pid);
  await running.stop();
  killAll(tree);
  await rm(running.folder, { recursive: true, force: true });
}

/** SIGKILL to all that are still there. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

const quietWindowMilliseconds = 500;
/** Of each process in a window: more than what one uses that has nothing to do. */
const quietSeconds = 0.005;
const mostQuietWindows = 60;

/** Waits until the server has done what it left for later, and uses next to no processor time. */
export async function untilQuiet({ table }: Bench, { name, pid }: Running): Promise<void> {
  let before = processorSeconds(pid);
  for (let window = 0; window < mostQuietWindows; window++) {
    await Bun.sleep(quietWindowMilliseconds);
    const now = processorSeconds(pid);
    if (now - before < quietSeconds * treeOf(pid).length) return;
    before = now;
  }
  const seconds = (mostQuietWindows * quietWindowMilliseconds) / 1000;
  table.remark(`${name} had not come to rest ${seconds} s after its load`);
}

/**
 * Rounds in which each server has its turn. Another one begins each time, and in the end each has followed each other: what
 * one leaves behind, which the disk has yet to take, would else always fall to the same one. That is why it is written
 * out before, too.
 */
export async function alternate<Seat>(
  seats: readonly Seat[],
  rounds: number,
  turn: (seat: Seat, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const first = round % seats.length;
    const order = [...seats.slice(first), ...seats.slice(0, first)];
    for (const seat of Math.floor(round / seats.length) % 2 === 0 ? order : order.reverse()) {
      await Bun.$`sync`.quiet();
      await turn(seat, round);
    }
  }
}

/** How many of these the server answered without asking the origin. */
export async function answeredAlone(
  { origin }: Bench,
  { url }: Running,
  paths: readonly string[],
): Promise<number> {
  const before = await origin.settledCount();
  for (const path of paths) await (await fetch(`${url}${path}`)).arrayBuffer();
  return paths.length - ((await origin.settledCount()) - before);
}
