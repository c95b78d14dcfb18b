import type { DiskSpace } from "../store/disk/keeper.ts";
import type { Trouble } from "../store/tier.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { Index } from "./index.ts";

/** What keeping house needs of the store's index. */
export type JanitorIndex = Pick<
  Index,
  | "totals"
  | "futureSpace"
  | "evictionCandidates"
  | "deleteRows"
  | "checkpoint"
  | "checkpointIfGrown"
  | "giveBackPages"
  | "discardEnded"
  | "sweepOrphans"
>;

export interface JanitorOptions {
  readonly index: JanitorIndex;
  /** The bounds for all bodies together. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** By the steady clock: what is older than the first worker cannot be on its way to a row. */
  readonly startedAt: number;
  /** A keeper died before this one, in the middle of what it did: files of what it was to store or to remove are left. */
  readonly followsLost: boolean;
  readonly clock: Clock;
  readonly onInfo: (line: string) => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface Janitor {
  /** A worker has ended with something left to do: bodies that it had not given their rows are nobody's. */
  workerLost(): void;
  /**
   * Begins nothing more but a sweep, where all workers have ended and there is something left that no sweep has come
   * past; resolves when what is under way is done, which for a sweep may take long.
   */
  stop(areAllGone?: boolean): Promise<void>;
}

const EVICT_MILLISECONDS = 1_000;
const CHECKPOINT_MILLISECONDS = 10_000;
const UPKEEP_MILLISECONDS = 1_000;
const SWEEP_MILLISECONDS = 3_600_000;
/** A body may be on its way to its row, and a fill can take long. */
const ORPHAN_GRACE_MILLISECONDS = 3_600_000;
/** Eviction begins at this share of a bound, before a worker that asks for room has to wait for it with its client. */
const HIGH_WATER = 0.97;
/** It goes on down to this one, so that it does not run for every response. */
const LOW_WATER = 0.95;
/** Chosen in one transaction: some thousand rows even if all are small. */
const CHOICE_BYTES = 16 * 1024 * 1024;
const CHOICE_FILES = 1024;
/** Rows deleted in one transaction: what workers hand over waits meanwhile. */
const DELETE_ROWS = 256;

/** Keeps the disk tier within its bound and tidy. Nothing that goes wrong here ends the keeper. */
export function startJanitor(options: JanitorOptions): Janitor {
  const { index, maxBytes, maxFiles, startedAt, clock, onInfo, onTrouble } = options;
  let stopping = false;
  /** Whether something may lie in the cache that a former life, or a worker that was lost, has left behind. */
  let hasFormer = true;
  let hasLost = options.followsLost;
  const planned = new Set<string>();
  // One chore at a time: they use the same database.
  let chores: Promise<void> = Promise.resolve();

  function plan(chore: string, work: () => void | Promise<void>): void {
    if (planned.has(chore)) return;
    planned.add(chore);
    chores = chores.then(() => perform(chore, work));
  }

  /** Never rejects. */
  async function perform(chore: string, work: () => void | Promise<void>): Promise<void> {
    if (stopping) return;
    await attempt(chore, work);
  }

  async function attempt(chore: string, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // A chore cut short by the end of everything is no trouble.
      if (!stopping) onTrouble(describe(chore, error));
    } finally {
      planned.delete(chore);
    }
  }

  function excessOver(share: number): DiskSpace {
    const { bytes, files } = index.futureSpace();
    return {
      bytes: Math.max(0, bytes - Math.floor(maxBytes * share)),
      files: Math.max(0, files - Math.floor(maxFiles * share)),
    };
  }

  async function evict(): Promise<void> {
    index.discardEnded();
    let excess = excessOver(HIGH_WATER);
    if (isNothing(excess)) return;
    for (excess = excessOver(LOW_WATER); !isNothing(excess); excess = excessOver(LOW_WATER)) {
      const ids = index.evictionCandidates({
        bytes: Math.min(excess.bytes, CHOICE_BYTES),
        files: Math.min(excess.files, CHOICE_FILES),
      });
      if (ids.length === 0) return;
      for (let begin = 0; begin < ids.length; begin += DELETE_ROWS) {
        if (stopping) return;
        index.deleteRows(ids.slice(begin, begin + DELETE_ROWS));
        await turn(clock);
      }
    }
  }

  async function upkeep(): Promise<void> {
    index.checkpointIfGrown();
    while (!stopping && index.giveBackPages()) await turn(clock);
  }

  async function sweep(modifiedBefore: number): Promise<void> {
    const removed = await index.sweepOrphans(modifiedBefore);
    if (removed > 0) onInfo(`swept ${removed} rows without a file and files without a row out of the cache`);
  }

  async function firstSweep(): Promise<void> {
    hasFormer = false;
    await sweep(clock.now() - (clock.steady() - startedAt));
  }

  const cancels: Cancel[] = [
    clock.every(EVICT_MILLISECONDS, () => plan("evict", evict)),
    clock.every(UPKEEP_MILLISECONDS, () => plan("upkeep", upkeep)),
    clock.every(CHECKPOINT_MILLISECONDS, () => plan("checkpoint", () => index.checkpoint())),
    clock.every(SWEEP_MILLISECONDS, () =>
      plan("sweep", () => sweep(clock.now() - ORPHAN_GRACE_MILLISECONDS)),
    ),
  ];
  plan("evict", evict);
  plan("sweep", firstSweep);

  return {
    workerLost() {
      hasLost = true;
    },
    async stop(areAllGone = true) {
      stopping = true;
      for (const cancel of cancels) cancel();
      await chores;
      if (areAllGone && (hasFormer || hasLost)) await attempt("sweep", () => sweep(Number.POSITIVE_INFINITY));
    },
  };
}

function isNothing({ bytes, files }: DiskSpace): boolean {
  return bytes === 0 && files === 0;
}

function describe(chore: string, error: unknown): { code: string; message: string } {
  return {
    code: error instanceof Error && "code" in error ? String(error.code) : "JANITOR",
    message: `store: ${chore}: ${error instanceof Error ? error.message : String(error)}`,
  };
}

/** Lets everything else that waits in the event loop have its turn. */
function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.after(0, resolve));
}
