import { type After, systemAfter } from "../after.ts";
import { selects } from "../arrivals.ts";
import type { DiskStore } from "./disk-store.ts";
import type { Order } from "../order.ts";
import type { Selector, StoredResponse, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";

/** A removal that the disk has not carried out, because it is full, broken, or another process holds the index. */
export interface Mark {
  readonly selector: Selector;
  /** Of the `Order`, from when it was asked for: what was stored or freshened since has a larger version. */
  readonly at: number;
}

export interface MarkOptions {
  readonly order: Order;
  /** Those that others have made and that are not carried out yet. */
  readonly marks: readonly Mark[];
  /** Hears of each mark that is made here: who starts later has to have it as well. */
  readonly onMark: (mark: Mark) => void;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly after?: After;
}

const retryMilliseconds = 1_000;
/** Beyond so many one mark on all there is takes their place. */
const mostMarks = 1024;

/**
 * A disk store of which nothing is found that was to be removed, whether it could be or not: the client whose POST the
 * origin has carried out is not told that it failed, and nobody gets the page from before it. What cannot be removed is
 * marked, in memory, and tried again each second. `remove` never rejects.
 */
export function markRemovals(disk: DiskStore, options: MarkOptions): DiskStore {
  const { order, onMark, onTrouble, after = systemAfter } = options;
  const marks = new Map<string, Mark>();
  let cancelRetry: (() => void) | undefined;

  function isMarked(response: StoredResponse): boolean {
    if (marks.size === 0) return false;
    return marks.values().some(({ selector, at }) => response.version <= at && selects(selector, response));
  }

  function add(mark: Mark): void {
    order.follow(mark.at);
    if (marks.size >= mostMarks) {
      marks.clear();
      marks.set("all", { selector: { by: "all" }, at: mark.at });
    } else marks.set(JSON.stringify(mark.selector), mark);
    cancelRetry ??= after(retryMilliseconds, retry);
  }

  function retry(): void {
    cancelRetry = undefined;
    carryOut().catch((error: unknown) => {
      onTrouble(toStoreError(error, "what was removed is still on the disk"));
      cancelRetry ??= after(retryMilliseconds, retry);
    });
  }

  async function carryOut(): Promise<void> {
    for (const [key, mark] of marks) {
      await disk.removeEarlier(mark.selector, mark.at);
      if (marks.get(key) === mark) marks.delete(key);
    }
  }

  for (const mark of options.marks) add(mark);

  return {
    ...disk,
    async find(primaryKey, mayLag) {
      const found = await disk.find(primaryKey, mayLag);
      return marks.size === 0 ? found : found.filter(({ response }) => !isMarked(response));
    },
    async freshen(previous, fields, policy) {
      return isMarked(previous) ? undefined : await disk.freshen(previous, fields, policy);
    },
    async copyAs(variantKey, previous, fields, policy) {
      return isMarked(previous) ? undefined : await disk.copyAs(variantKey, previous, fields, policy);
    },
    async remove(selector) {
      const at = order.next();
      try {
        return await disk.remove(selector);
      } catch (error) {
        const mark = { selector, at };
        add(mark);
        onMark(mark);
        onTrouble(toStoreError(error, "responses could not be removed"));
        return 0;
      }
    },
    pieces: {
      ...disk.pieces,
      async find(primaryKey) {
        const found = await disk.pieces.find(primaryKey);
        return marks.size === 0 ? found : found.filter(({ response }) => !isMarked(response));
      },
      async freshen(previous, fields, policy) {
        return isMarked(previous) ? undefined : await disk.pieces.freshen(previous, fields, policy);
      },
    },
    async close() {
      cancelRetry?.();
      await disk.close();
    },
  };
}
