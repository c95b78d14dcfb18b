import { systemAfter } from "../after.ts";
import { StoreError } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import type { DiskOptions } from "./disk-parts.ts";
import { type DiskStore, openDiskStore } from "./disk-store.ts";

const lookMilliseconds = 1_000;
/** At the start, before the keeper has an index. */
const looksInPeace = 2;

/**
 * A disk store that begins without a disk where there is none to be had (full, broken, not ours to read, not made yet),
 * tries again each second and when the keeper is there, and goes over to another index when the keeper has replaced the
 * one it reads. What is on its way then is not stored. While there is no disk nothing is found, and what would be stored
 * or removed is refused for the reason that there is none.
 */
export function openReopeningDiskStore(options: DiskOptions): DiskStore {
  const { keeper, after = systemAfter, onTrouble } = options;
  let current: DiskStore | undefined;
  let refusal = new StoreError("CLOSED", "the disk cache is closed");
  let cancel: (() => void) | undefined;
  let looks = 0;
  /** The keeper has said that it is there: with the same index, or with another. */
  let isAnnounced = false;

  function look(): void {
    cancel?.();
    cancel = after(lookMilliseconds, look);
    looks++;
    try {
      if (current?.isCurrent() === true) {
        isAnnounced = false;
        return;
      }
      // Without the keeper's word what has taken its place may be another cacheproxy's.
      if (current !== undefined && !isAnnounced) return;
      const opened = openDiskStore(options);
      const former = current;
      current = opened;
      isAnnounced = false;
      former?.close().catch((error: unknown) => onTrouble(toStoreError(error, "the index was replaced")));
    } catch (error) {
      refusal = toStoreError(error, "the disk cache cannot be used");
      // The keeper may be about to make one; and where one was removed, what is open is all there is until it has.
      const isExpected = keeper.isThere || looks > looksInPeace;
      if (current === undefined && isExpected) onTrouble(refusal);
    }
  }

  function disk(): DiskStore {
    if (current === undefined) throw refusal;
    return current;
  }

  const ignoreKeeper = keeper.onThere(() => {
    isAnnounced = true;
    look();
  });
  look();

  return {
    find: (primaryKey) => current?.find(primaryKey) ?? nothingFound,
    look: (primaryKey) => current?.look(primaryKey) ?? nothingFound,
    write: async (entry, expectedSize) => await disk().write(entry, expectedSize),
    put: (entry, body) => disk().put(entry, body),
    freshen: (...freshening) => current?.freshen(...freshening) ?? nothingThere,
    copyAs: (...copy) => current?.copyAs(...copy) ?? nothingThere,
    remove: async (selector) => await disk().remove(selector),
    removeRows: async (selector) => await disk().removeRows(selector),
    heed: (selector, number) => current?.heed(selector, number),
    lastRemoval: () => current?.lastRemoval() ?? 0,
    published: () => current?.published() ?? nothingThere,
    read: (found) => current?.read(found),
    confirm: (found) => current?.confirm(found) ?? notConfirmed,
    noteUse: (ids) => current?.noteUse(ids),
    noteHit: (id) => current?.noteHit(id),
    noteHits: (id, hits) => current?.noteHits(id, hits),
    tellHits: (limit) => current?.tellHits(limit),
    takeArriving: () => current?.takeArriving(),
    flush: () => current?.flush(),
    totals: () => current?.totals() ?? { bytes: 0, objects: 0 },
    isCurrent: () => current?.isCurrent() ?? false,
    pieces: {
      find: (primaryKey) => current?.pieces.find(primaryKey) ?? nothingFound,
      look: (primaryKey) => current?.pieces.look(primaryKey) ?? nothingFound,
      confirm: (found, wanted) => current?.pieces.confirm(found, wanted) ?? notConfirmed,
      open: async (found) => await disk().pieces.open(found),
      write: async (entry, range, previous) => await disk().pieces.write(entry, range, previous),
      freshen: (...freshening) => current?.pieces.freshen(...freshening) ?? nothingThere,
    },
    async close() {
      cancel?.();
      ignoreKeeper();
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
