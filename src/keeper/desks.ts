import type { Batch, Committed, PieceOutcome, DiskSpace, Keeper, PieceChange } from "../store/disk/keeper.ts";
import { StoreError, type Selector } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import type { Index } from "./index.ts";
import { roomOf } from "./new-rows.ts";
import { isBusy } from "./schema.ts";

/** Those who hand the keeper what is to be written: each worker has a desk. */
export interface Desk extends Omit<Keeper, "isThere" | "onThere"> {
  /** The worker has ended: what was granted to it is not needed any more. */
  close(): void;
}

export interface DesksOptions {
  /** Undefined while there is no index. */
  readonly index: () => Index | undefined;
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** Calls back when what has come until then should be done: at once, or after others have come, too. */
  readonly soon: (run: () => void) => void;
}

export interface Desks {
  open(): Desk;
  /** Removes at the operator's word; how many, and the removal's number. */
  remove(selectors: readonly Selector[]): Promise<{ readonly removed: number; readonly number: number }>;
  /** Resolves when all that has come until now is done. */
  done(): Promise<void>;
}

/** Something that was asked for. It is done in one go, whose outcome goes to who asked. */
type Job =
  | {
      readonly kind: "work";
      readonly run: (index: Index) => void;
      readonly refuse: (error: StoreError) => void;
    }
  | {
      readonly kind: "removal";
      readonly selectors: readonly Selector[];
      readonly answer: (removed: { readonly removed: number; readonly number: number }) => void;
      readonly refuse: (error: StoreError) => void;
    };

/** Somebody else holds the index: it is tried again so often. */
const busyMilliseconds = 100;

/**
 * What the workers ask for, in the order in which it came: so a response that was handed over before a removal is removed
 * by it, and one that was asked for before and comes after it is refused. Removals that came together are one.
 */
export function createDesks({ index, after, soon }: DesksOptions): Desks {
  let jobs: Job[] = [];
  let isPlanned = false;
  let isHeldUp = false;
  const removing = new Set<Promise<void>>();

  function add(job: Job): void {
    jobs.push(job);
    plan();
  }

  function plan(): void {
    if (isPlanned || isHeldUp) return;
    isPlanned = true;
    soon(run);
  }

  function run(): void {
    isPlanned = false;
    while (jobs.length > 0) {
      const now = nextJobs(jobs);
      try {
        carryOut(now);
      } catch (error) {
        if (isBusy(error)) {
          holdUp(error);
          return;
        }
        const refusal = toStoreError(error, "the disk cache could not be changed");
        for (const job of now) job.refuse(refusal);
      }
      jobs = jobs.slice(now.length);
    }
  }

  /**
   * Who wants something removed is told so: a client waits, and those who read must know what they may not serve. The
   * rest waits in its order.
   */
  function holdUp(busy: unknown): void {
    const refusal = toStoreError(busy, "somebody else holds the index");
    isHeldUp = true;
    for (const job of jobs) if (job.kind === "removal") job.refuse(refusal);
    jobs = jobs.filter((job) => job.kind !== "removal");
    after(busyMilliseconds, () => {
      isHeldUp = false;
      run();
    });
  }

  function carryOut(now: readonly Job[]): void {
    const there = index();
    if (there === undefined) throw new StoreError("INDEX_ABSENT", "there is no disk cache");
    const [first] = now;
    if (first?.kind === "work") first.run(there);
    else removeFor(there, now);
  }

  function removeFor(there: Index, now: readonly Job[]): void {
    const removals = now.flatMap((job) => (job.kind === "removal" ? job : []));
    const way = there
      .remove(removals.flatMap(({ selectors }) => selectors))
      .then(({ counts, number }) => {
        let from = 0;
        for (const { selectors, answer } of removals) {
          const own = counts.slice(from, from + selectors.length);
          from += selectors.length;
          answer({ removed: own.reduce((sum, count) => sum + count, 0), number });
        }
      })
      .catch((error: unknown) => {
        const refusal = toStoreError(error, "responses could not be removed");
        for (const job of removals) job.refuse(refusal);
      })
      .finally(() => removing.delete(way));
    removing.add(way);
  }

  function ask<Result>(run: (index: Index) => Result): Promise<Result> {
    return new Promise((resolve, refuse) => {
      add({ kind: "work", run: (there) => resolve(run(there)), refuse });
    });
  }

  function remove(selectors: readonly Selector[]): ReturnType<Desks["remove"]> {
    return new Promise((answer, refuse) => add({ kind: "removal", selectors, answer, refuse }));
  }

  function open(): Desk {
    const account = createAccount(index);
    let isClosed = false;

    function refuseWhenClosed(): void {
      if (isClosed) throw new StoreError("CLOSED", "the worker that asked for it has ended");
    }

    return {
      commit(batch: Batch): Promise<Committed> {
        // The index gives this room back when it enters the rows, be the worker still there or not.
        account.handOver(roomOf(batch.inserts));
        return ask((there) => there.commit(batch));
      },
      remove,
      changePieces: (change: PieceChange): Promise<PieceOutcome | undefined> =>
        ask((there) => {
          refuseWhenClosed();
          const entering = there.changePieces(change);
          if ("taken" in change && entering?.outcome === "entered") account.handOver(change.taken);
          return entering;
        }),
      hold: account.hold,
      // At once: whoever asks has a body in its hands, and its place among what waits is of no matter.
      async grant(space) {
        refuseWhenClosed();
        const isGranted = grantedBy(index(), space);
        if (isGranted) account.note(space);
        return isGranted;
      },
      giveBack: account.giveBack,
      close() {
        isClosed = true;
        account.close();
      },
    };
  }

  return {
    open,
    remove,
    async done() {
      await ask(() => undefined).catch(() => undefined);
      await Promise.all(removing);
    },
  };
}

function grantedBy(index: Index | undefined, space: DiskSpace): boolean {
  if (index === undefined) throw new StoreError("INDEX_ABSENT", "there is no disk cache");
  try {
    return index.grant(space);
  } catch (error) {
    // Nothing can be evicted just now.
    if (isBusy(error)) return false;
    throw error;
  }
}

/** What was granted to one worker. Another index knows nothing of it until the worker says again what it holds. */
function createAccount(index: () => Index | undefined) {
  const granted = { bytes: 0, files: 0 };
  let grantedBy: Index | undefined;

  function add({ bytes, files }: DiskSpace, sign: 1 | -1): void {
    const there = index();
    if (there !== grantedBy) Object.assign(granted, { bytes: 0, files: 0 });
    grantedBy = there;
    granted.bytes += sign * bytes;
    granted.files += sign * files;
  }

  return {
    note: (space: DiskSpace) => add(space, 1),
    handOver: (space: DiskSpace) => add(space, -1),
    hold(space: DiskSpace) {
      add(space, 1);
      index()?.giveBack(negative(space));
    },
    giveBack(space: DiskSpace) {
      add(space, -1);
      index()?.giveBack(space);
    },
    close() {
      if (index() === grantedBy) index()?.giveBack({ ...granted });
      Object.assign(granted, { bytes: 0, files: 0 });
    },
  };
}

/** The first, and those that may be done with it: removals of single pages, which come with each POST. */
function nextJobs(jobs: readonly Job[]): readonly Job[] {
  const [first] = jobs;
  if (first?.kind !== "removal" || !isSmall(first)) return jobs.slice(0, 1);
  const end = jobs.findIndex((job) => job.kind !== "removal" || !isSmall(job));
  return end === -1 ? jobs : jobs.slice(0, end);
}

function isSmall(job: Extract<Job, { kind: "removal" }>): boolean {
  return job.selectors.every(({ by }) => by === "key" || by === "variant" || by === "target");
}

function negative({ bytes, files }: DiskSpace): DiskSpace {
  return { bytes: -bytes, files: -files };
}
