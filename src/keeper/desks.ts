import type { DiskSpace, Keeper } from "../store/disk/keeper.ts";
import { StoreError, type Selector } from "../store/tier.ts";
import { roomOf } from "./commit.ts";
import type { Index } from "./index.ts";
import { createJobs, type Jobs, type JobsOptions, type RemovedCount } from "./jobs.ts";
import type { Listing } from "./listing.ts";
import { isBusy } from "./schema.ts";

/** Where one worker hands the keeper what is to be written. */
export interface Desk extends Omit<Keeper, "isThere" | "onThere"> {
  /** The worker has ended: what was granted to it is not needed any more. */
  close(): void;
}

/** The keeper's work for all who want something written: each worker has a desk, the operator has things removed. */
export interface Desks {
  open(): Desk;
  /** Removes at the operator's word. */
  remove(selectors: readonly Selector[]): Promise<RemovedCount>;
  /** What he would have removed, when what came before is done. */
  list(selectors: readonly Selector[], limit: number): Promise<Listing>;
  /** Resolves when all that has come until now is done. */
  done(): Promise<void>;
}

export function createDesks(options: JobsOptions): Desks {
  const jobs = createJobs(options);
  return {
    open: () => openDesk(jobs, options.index),
    remove: jobs.remove,
    list: async (selectors, limit) => await jobs.ask((index) => index.list(selectors, limit)),
    done: jobs.done,
  };
}

function openDesk(jobs: Jobs, index: () => Index | undefined): Desk {
  const account = createAccount(index);
  let isClosed = false;

  function refuseWhenClosed(): void {
    if (isClosed) throw new StoreError("CLOSED", "the worker that asked for it has ended");
  }

  return {
    commit(batch) {
      // The index gives this room back when it enters the rows, be the worker still there or not.
      account.handOver(roomOf(batch.inserts));
      return jobs.ask((there) => there.commit(batch));
    },
    async remove(selectors) {
      const { complete, partial, number } = await jobs.remove(selectors);
      return { removed: complete + partial, number };
    },
    changePieces: (change) =>
      jobs.ask((there) => {
        refuseWhenClosed();
        const outcome = there.changePieces(change);
        if ("taken" in change && outcome?.outcome === "entered") account.handOver(change.taken);
        return outcome;
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

/**
 * The room that was granted to one worker, so that it comes back when the worker ends. Another index knows nothing of it
 * until the worker says again what it holds.
 */
interface Account {
  /** It was granted. */
  note(space: DiskSpace): void;
  /** A row is about to come for it, or has: it is the index's affair. */
  handOver(space: DiskSpace): void;
  /** An earlier keeper has granted it. */
  hold(space: DiskSpace): void;
  giveBack(space: DiskSpace): void;
  /** Gives back all there is. */
  close(): void;
}

function createAccount(index: () => Index | undefined): Account {
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
    note: (space) => add(space, 1),
    handOver: (space) => add(space, -1),
    hold(space) {
      add(space, 1);
      index()?.giveBack({ bytes: -space.bytes, files: -space.files });
    },
    giveBack(space) {
      add(space, -1);
      index()?.giveBack(space);
    },
    close() {
      if (index() === grantedBy) index()?.giveBack({ ...granted });
      Object.assign(granted, { bytes: 0, files: 0 });
    },
  };
}
