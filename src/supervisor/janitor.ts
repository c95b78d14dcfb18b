import type { Cancel, Clock } from "./clock.ts";
import type { Trouble } from "./fleet.ts";
import type { Journal } from "./journal.ts";

/** What keeping house needs of the store's index. */
export interface HouseIndex {
  totals(): { readonly bytes: number; readonly objects: number };
  /** Ids of the responses to part with first, until together they have this many bytes. */
  evictionCandidates(bytesToFree: number): readonly string[];
  /** Removes rows and bodies; how many there were. */
  deleteRows(ids: readonly string[]): number | Promise<number>;
  /** Moves what was written from the write-ahead log into the database. */
  checkpoint(): void;
  /** Removes files without a row and rows without a file, if they are older than this. */
  sweepOrphans(graceMilliseconds: number): number | Promise<number>;
}

export interface JanitorOptions {
  readonly index: HouseIndex;
  /** The bound for all bodies together. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly journal: Journal;
}

export interface Janitor {
  /** Stops; resolves when what is under way is done. */
  stop(): Promise<void>;
  readonly lastTrouble: Trouble | undefined;
}

const EVICT_MILLISECONDS = 1_000;
const CHECKPOINT_MILLISECONDS = 10_000;
const SWEEP_MILLISECONDS = 3_600_000;
/** A file may be on its way to its row: a fill can take long. */
const ORPHAN_GRACE_MILLISECONDS = 3_600_000;
/** Eviction goes on down to this share of the bound, so that it does not run for every response. */
const LOW_WATER = 0.95;
/** Rows deleted in one go: workers wait for the lock meanwhile. */
const DELETE_BATCH = 256;
const REPORT_MILLISECONDS = 1_000;

/** Keeps the disk tier within its bound and tidy. Nothing that goes wrong here ends the supervisor. */
export function startJanitor(options: JanitorOptions): Janitor {
  const { index, maxBytes, clock, journal } = options;
  let lastTrouble: Trouble | undefined;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let stopping = false;
  // One chore at a time: they use the same database.
  let chores: Promise<void> = Promise.resolve();
  const planned = new Set<string>();

  function report(chore: string, error: unknown): void {
    const now = clock.now();
    const code = error instanceof Error && "code" in error ? String(error.code) : "JANITOR";
    const message = `${chore}: ${error instanceof Error ? error.message : String(error)}`;
    lastTrouble = { at: now, code, message };
    if (now - reportedAt < REPORT_MILLISECONDS) return;
    reportedAt = now;
    journal.error(`keeping house, ${message} (${code})`);
  }

  function plan(chore: string, work: () => Promise<void>): void {
    if (planned.has(chore) || stopping) return;
    planned.add(chore);
    chores = chores
      .then(async () => {
        if (!stopping) await work();
      })
      .catch((error: unknown) => report(chore, error))
      .finally(() => planned.delete(chore));
  }

  async function evict(): Promise<void> {
    const { bytes } = index.totals();
    if (bytes <= maxBytes) return;
    const ids = index.evictionCandidates(bytes - Math.floor(maxBytes * LOW_WATER));
    for (let begin = 0; begin < ids.length && !stopping; begin += DELETE_BATCH) {
      await index.deleteRows(ids.slice(begin, begin + DELETE_BATCH));
      await turn(clock);
    }
  }

  async function checkpoint(): Promise<void> {
    index.checkpoint();
  }

  async function sweep(): Promise<void> {
    const removed = await index.sweepOrphans(ORPHAN_GRACE_MILLISECONDS);
    if (removed > 0) journal.info(`swept ${removed} orphaned files and rows out of the cache`);
  }

  const cancels: Cancel[] = [
    clock.every(EVICT_MILLISECONDS, () => plan("evict", evict)),
    clock.every(CHECKPOINT_MILLISECONDS, () => plan("checkpoint", checkpoint)),
    clock.every(SWEEP_MILLISECONDS, () => plan("sweep", sweep)),
  ];
  plan("evict", evict);
  plan("sweep", sweep);

  return {
    async stop() {
      stopping = true;
      for (const cancel of cancels) cancel();
      await chores;
    },
    get lastTrouble() {
      return lastTrouble;
    },
  };
}

/** Lets everything else that waits in the event loop have its turn. */
function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.after(0, resolve));
}
