import { statSync } from "node:fs";
import { systemAfter } from "./after.ts";
import { type DiskOptions, type DiskStore, openDiskStore } from "./disk.ts";
import { indexPath } from "./index.ts";
import { toStoreError } from "./writer.ts";

const lookMilliseconds = 1_000;

/**
 * A disk store that goes over to another index when the keeper has set the one it uses aside. What is on its way then
 * is not stored. Throws as `openDiskStore` does.
 */
export function openReopeningDiskStore(options: DiskOptions): DiskStore {
  const { directory, after = systemAfter, onTrouble } = options;
  const path = indexPath(directory);
  let current = openDiskStore(options);
  let file = fileAt(path);
  let cancel = after(lookMilliseconds, look);

  function look(): void {
    cancel = after(lookMilliseconds, look);
    const there = fileAt(path);
    if (there === undefined || there === file) return;
    try {
      const next = openDiskStore(options);
      const former = current;
      current = next;
      file = there;
      former.close().catch(tell);
    } catch (error) {
      tell(error);
    }
  }

  function tell(error: unknown): void {
    onTrouble(toStoreError(error, "the index was replaced"));
  }

  return {
    find: (primaryKey, mayLag) => current.find(primaryKey, mayLag),
    write: (entry, expectedSize) => current.write(entry, expectedSize),
    freshen: (previous, fields, policy) => current.freshen(previous, fields, policy),
    remove: (selector) => current.remove(selector),
    published: () => current.published(),
    read: (found) => current.read(found),
    confirm: (found) => current.confirm(found),
    noteUse: (ids) => current.noteUse(ids),
    flush: () => current.flush(),
    totals: () => current.totals(),
    pieces: {
      find: (primaryKey) => current.pieces.find(primaryKey),
      confirm: (found, wanted) => current.pieces.confirm(found, wanted),
      open: (found) => current.pieces.open(found),
      write: (entry, range, previous) => current.pieces.write(entry, range, previous),
      freshen: (previous, fields, policy) => current.pieces.freshen(previous, fields, policy),
    },
    async close() {
      cancel();
      await current.close();
    },
  };
}

/** Which file it is; undefined while there is none. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
