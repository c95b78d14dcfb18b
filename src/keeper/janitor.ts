import type { DiskSpace } from "../store/disk/keeper.ts";
import type { Trouble } from "../store/tier.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { Index } from "./index.ts";
import { troubleOf } from "./trouble-of.ts";

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
  | "disposeOfTags"
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
/** Of those that delete what rows have left. */
const TURNS_UNTIL_CHECKPOINT = 4;

/** Keeps the disk tier within its bound and tidy. Nothing that goes wrong here ends the keeper. */
export function startJanitor(options: JanitorOptions): Janitor {
  const { index, startedAt, clock, onInfo, onTrouble } = options;
  /** Whether something may lie in the cache that a former life, or a worker that was lost, has left behind. */
  let hasFormer = true;
  let hasLost = options.followsLost;
  const chores = createChores(onTrouble);

  async function upkeep(): Promise<void> {
    index.checkpointIfGrown();
    await disposeOfTags();
    while (!chores.isEnding() && index.giveBackPages()) await turn(clock);
  }

  async function disposeOfTags(): Promise<void> {
    for (let turns = 1; !chores.isEnding() && index.disposeOfTags(); turns++) {
      // Or the log grows until SQLite moves all of it at once.
      if (turns % TURNS_UNTIL_CHECKPOINT === 0) index.checkpoint();
      await turn(clock);
    }
  }

  async function sweep(modifiedBefore: number): Promise<void> {
    const removed = await index.sweepOrphans(modifiedBefore);
    if (removed > 0) onInfo(`swept ${removed} rows without a file and files without a row out of the cache`);
  }

  async function firstSweep(): Promise<void> {
    hasFormer = false;
    await sweep(clock.now() - (clock.steady() - startedAt));
  }

  function planEviction(): void {
    chores.plan("evict", () => evict(options, chores.isEnding));
  }

  const cancels: Cancel[] = [
    clock.every(EVICT_MILLISECONDS, planEviction),
    clock.every(UPKEEP_MILLISECONDS, () => chores.plan("upkeep", upkeep)),
    clock.every(CHECKPOINT_MILLISECONDS, () => chores.plan("checkpoint", () => index.checkpoint())),
    clock.every(SWEEP_MILLISECONDS, () =>
      chores.plan("sweep", () => sweep(clock.now() - ORPHAN_GRACE_MILLISECONDS)),
    ),
  ];
  planEviction();
  chores.plan("sweep", firstSweep);

  return {
    workerLost() {
      hasLost = true;
    },
    async stop(areAllGone = true) {
      for (const cancel of cancels) cancel();
      await chores.end();
      if (!areAllGone || !(hasFormer || hasLost)) return;
      await chores.attempt("sweep", () => sweep(Number.POSITIVE_INFINITY));
    },
  };
}

type Chore = () => void | Promise<void>;

/** Chores one at a time, for they use the same database. One that is planned is not planned a second time. */
function createChores(onTrouble: (trouble: Trouble) => void) {
  const planned = new Set<string>();
  let last: Promise<void> = Promise.resolve();
  let isEnding = false;

  /** Never rejects. */
  async function attempt(name: string, work: Chore): Promise<void> {
    try {
      await work();
    } catch (error) {
      // A chore cut short by the end of everything is no trouble.
      if (!isEnding) onTrouble(troubleOf(error, "JANITOR", `store: ${name}`));
    } finally {
      planned.delete(name);
    }
  }

  return {
    attempt,
    plan(name: string, work: Chore): void {
      if (planned.has(name)) return;
      planned.add(name);
      last = last.then(() => (isEnding ? undefined : attempt(name, work)));
    },
    isEnding: () => isEnding,
    /** Begins nothing more that was planned; resolves when what is under way is done. */
    end(): Promise<void> {
      isEnding = true;
      return last;
    },
  };
}

/** Some rows at a time, with turns for all others between them. */
async function evict(options: JanitorOptions, isEnding: () => boolean): Promise<void> {
  const { index, clock } = options;
  index.discardEnded();
  if (isNothing(excessOver(HIGH_WATER, options))) return;
  for (;;) {
    const excess = excessOver(LOW_WATER, options);
    if (isNothing(excess)) return;
    const ids = index.evictionCandidates({
      bytes: Math.min(excess.bytes, CHOICE_BYTES),
      files: Math.min(excess.files, CHOICE_FILES),
    });
    if (ids.length === 0) return;
    for (let begin = 0; begin < ids.length; begin += DELETE_ROWS) {
      if (isEnding()) return;
      index.deleteRows(ids.slice(begin, begin + DELETE_ROWS));
      await turn(clock);
    }
  }
}

function excessOver(share: number, { index, maxBytes, maxFiles }: JanitorOptions): DiskSpace {
  const { bytes, files } = index.futureSpace();
  return {
    bytes: Math.max(0, bytes - Math.floor(maxBytes * share)),
    files: Math.max(0, files - Math.floor(maxFiles * share)),
  };
}

function isNothing({ bytes, files }: DiskSpace): boolean {
  return bytes === 0 && files === 0;
}

/** Lets everything else that waits in the event loop have its turn. */
function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.after(0, resolve));
}
