import { type After, systemAfter } from "../after.ts";
import { selects } from "../selecting.ts";
import type { Selector, StoredResponse, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import type { DiskStore } from "./disk-store.ts";

export interface MarkOptions {
  /** Removals that others have asked for and that are not carried out yet. */
  readonly marks: readonly Selector[];
  readonly onTrouble: (trouble: Trouble) => void;
  readonly after?: After;
}

/** A disk store that remembers what could not be removed from the disk. */
export interface MarkedDiskStore extends DiskStore {
  /** Another process could not have it removed: it is not found here, and removed when that can be done. */
  mark(selector: Selector): void;
  /** Whether there is a mark for that removal. */
  isMarked(selector: Selector): boolean;
}

const retryMilliseconds = 1_000;
/** Beyond so many one mark on all there is takes their place. */
const mostMarks = 1024;

/**
 * A disk store of which nothing is found that was to be removed, whether it could be or not: the client whose POST the
 * origin has carried out is not told that it failed, and nobody gets the page from before it. What the keeper has not
 * removed, because it is away or its disk is full, is marked here, in memory, and tried again each second. Until then
 * nothing that the mark names is read from the disk, be it old or new. `remove` never rejects.
 */
export function markRemovals(disk: DiskStore, options: MarkOptions): MarkedDiskStore {
  const { onTrouble } = options;
  const marks = createMarks(disk.removeRows, options);

  function visible<Each extends { readonly response: StoredResponse }>(
    found: readonly Each[],
  ): readonly Each[] {
    return marks.areNone() ? found : found.filter(({ response }) => !marks.hide(response));
  }

  return {
    ...disk,
    mark(selector) {
      disk.heed(selector, 0);
      marks.add(selector);
    },
    isMarked: marks.has,
    find: async (primaryKey) => visible(await disk.find(primaryKey)),
    look: async (primaryKey) => visible(await disk.look(primaryKey)),
    async freshen(previous, ...changes) {
      return marks.hide(previous) ? undefined : await disk.freshen(previous, ...changes);
    },
    async copyAs(variantKey, previous, ...changes) {
      return marks.hide(previous) ? undefined : await disk.copyAs(variantKey, previous, ...changes);
    },
    async remove(selector) {
      try {
        return await disk.remove(selector);
      } catch (error) {
        marks.add(selector);
        onTrouble(toStoreError(error, "responses could not be removed"));
        return 0;
      }
    },
    pieces: {
      ...disk.pieces,
      find: async (primaryKey) => visible(await disk.pieces.find(primaryKey)),
      look: async (primaryKey) => visible(await disk.pieces.look(primaryKey)),
      async freshen(previous, ...changes) {
        return marks.hide(previous) ? undefined : await disk.pieces.freshen(previous, ...changes);
      },
    },
    async close() {
      marks.close();
      await disk.close();
    },
  };
}

/** What is still to be removed, and is tried again. */
function createMarks(
  removeRows: DiskStore["removeRows"],
  { marks: first, onTrouble, after = systemAfter }: MarkOptions,
) {
  const marks = new Map<string, Selector>();
  let cancelRetry: (() => void) | undefined;
  let isRetrying = false;

  function add(selector: Selector): void {
    if (marks.size >= mostMarks) {
      marks.clear();
      marks.set(keyOf(all), all);
    } else marks.set(keyOf(selector), selector);
    planRetry();
  }

  function planRetry(): void {
    if (marks.size > 0 && !isRetrying) cancelRetry ??= after(retryMilliseconds, retry);
  }

  function retry(): void {
    cancelRetry = undefined;
    isRetrying = true;
    carryOut()
      .catch((error: unknown) => onTrouble(toStoreError(error, "what was removed is still on the disk")))
      .finally(() => {
        isRetrying = false;
        planRetry();
      });
  }

  async function carryOut(): Promise<void> {
    for (const [key, selector] of marks) {
      await removeRows(selector);
      if (marks.get(key) === selector) marks.delete(key);
    }
  }

  for (const selector of first) add(selector);

  return {
    add,
    has: (selector: Selector) => marks.has(keyOf(selector)) || marks.has(keyOf(all)),
    areNone: () => marks.size === 0,
    hide: (response: StoredResponse) =>
      marks.size > 0 && marks.values().some((selector) => selects(selector, response)),
    close: () => cancelRetry?.(),
  };
}

const all: Selector = { by: "all" };

function keyOf(selector: Selector): string {
  return JSON.stringify(selector);
}
