import { statSync } from "node:fs";
import { systemAfter } from "../after.ts";
import { type DiskOptions, type DiskStore, openDiskStore } from "./disk-store.ts";
import { indexPath } from "../../keeper/index.ts";
import { StoreError } from "../tier.ts";
import { toStoreError } from "../writer.ts";

const lookMilliseconds = 1_000;

/**
 * A disk store that begins without a disk where there is none to be had (full, broken, not ours to write to), tries again
 * each second, and goes over to another index when the keeper has replaced the one it uses. What is on its way then is
 * not stored. While there is no disk nothing is found, and what would be stored or removed is refused for the reason
 * that there is none.
 */
export function openReopeningDiskStore(options: DiskOptions): DiskStore {
  const { directory, after = systemAfter, onTrouble } = options;
  const path = indexPath(directory);
  let current: DiskStore | undefined;
  let file: number | undefined;
  let refusal = new StoreError("CLOSED", "the disk cache is closed");
  let cancel: (() => void) | undefined;

  function look(): void {
    cancel = after(lookMilliseconds, look);
    try {
      const there = fileAt(path);
      // Where it was removed the keeper makes another.
      if (current !== undefined && (there === undefined || there === file)) return;
      const former = current;
      current = openDiskStore(options);
      file = fileAt(path);
      former?.close().catch((error: unknown) => onTrouble(toStoreError(error, "the index was replaced")));
    } catch (error) {
      refusal = toStoreError(error, "the disk cache cannot be used");
      onTrouble(refusal);
    }
  }

  function disk(): DiskStore {
    if (current === undefined) throw refusal;
    return current;
  }

  look();

  return {
    find: (primaryKey, mayLag) => current?.find(primaryKey, mayLag) ?? nothingFound,
    write: async (entry, expectedSize) => await disk().write(entry, expectedSize),
    freshen: (previous, fields, policy) => current?.freshen(previous, fields, policy) ?? nothingThere,
    copyAs: (variantKey, previous, fields, policy) =>
      current?.copyAs(variantKey, previous, fields, policy) ?? nothingThere,
    remove: async (selector) => await disk().remove(selector),
    removeEarlier: async (selector, version) => await disk().removeEarlier(selector, version),
    published: () => current?.published() ?? nothingThere,
    read: (found) => current?.read(found),
    confirm: (found) => current?.confirm(found) ?? notConfirmed,
    noteUse: (ids) => current?.noteUse(ids),
    flush: () => current?.flush(),
    totals: () => current?.totals() ?? { bytes: 0, objects: 0 },
    pieces: {
      find: (primaryKey) => current?.pieces.find(primaryKey) ?? nothingFound,
      confirm: (found, wanted) => current?.pieces.confirm(found, wanted) ?? notConfirmed,
      open: async (found) => await disk().pieces.open(found),
      write: async (entry, range, previous) => await disk().pieces.write(entry, range, previous),
      freshen: (previous, fields, policy, variantKey) =>
        current?.pieces.freshen(previous, fields, policy, variantKey) ?? nothingThere,
    },
    async close() {
      cancel?.();
      const former = current;
      current = undefined;
      refusal = new StoreError("CLOSED", "the disk cache is closed");
      await former?.close();
    },
  };
}

const nothingFound: Promise<readonly never[]> = Promise.resolve([]);
const nothingThere = Promise.resolve(undefined);
const notConfirmed = Promise.resolve(false);

/** Which file it is; undefined while there is none. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
