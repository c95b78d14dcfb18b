import type { DiskSpace } from "../store/disk/keeper.ts";
import type { Index } from "./index.ts";

/**
 * The room that was granted to one worker, so that it comes back when the worker ends. Another index knows nothing of it
 * until the worker says again what it holds.
 */
export interface Account {
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

export function createAccount(index: () => Index | undefined): Account {
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
