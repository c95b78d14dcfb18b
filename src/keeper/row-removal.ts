import type { Database } from "bun:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createRemovals } from "../store/removals.ts";
import type { Selectable } from "../store/selecting.ts";
import type { Selector } from "../store/tier.ts";
import type { Bounds } from "./bounds.ts";
import { isFull, type Rescue } from "./full-disk.ts";
import type { Rows } from "./rows.ts";

export interface RowRemovalOptions {
  readonly database: Database;
  readonly rows: Rows;
  readonly bounds: Bounds;
  readonly rescue: Rescue;
  readonly checkpoint: () => void;
  /** Call it before the index is used again after others were: see disk/index-files.ts. */
  readonly mend: () => void;
  /** Random: see store/removals. */
  readonly seed: number;
}

/** How many rows each selector took away, and the number of the removal. */
export interface Removed {
  readonly counts: readonly number[];
  readonly number: number;
}

/** Removals in their order: each has a number, and nothing that it names and that was asked for before comes after it. */
export interface RowRemoval {
  /** The number of the last removal. */
  last(): number;
  /** Whether a removal that came after the one with that number concerns the response, or may. */
  hasOvertaken(response: Selectable, afterRemoval: number): boolean;
  /** See `Index.remove`. */
  remove(selectors: readonly Selector[]): Promise<Removed>;
}

/** Rows deleted in one transaction. */
const removedAtATime = 256;

export function prepareRowRemoval(options: RowRemovalOptions): RowRemoval {
  const { database, rows, bounds, rescue, checkpoint, mend, seed } = options;
  const writeLast = database.query<never, [number]>("UPDATE state SET lastRemoval = ?");
  const removals = createRemovals(seed);
  /** What was removed up to here in an earlier life is not known any more. */
  const firstKnown = lastIn(database);
  let last = firstKnown;

  /** What goes at once of each selector; the rest goes later, if there is more. */
  function begin(selectors: readonly Selector[], upTo: number, number: number): number[] {
    const { result } = onFullDisk(() =>
      bounds.removeWith((removed) => {
        writeLast.run(number);
        return selectors.map((selector) => {
          const first = rows.hasAny(selector) ? rows.removeSelected(selector, upTo, removedAtATime) : [];
          removed.push(...first);
          return first.length;
        });
      }),
    );
    return result;
  }

  async function removeRest(selector: Selector, upTo: number): Promise<number> {
    for (let count = 0; ; ) {
      await nextTurn();
      mend();
      const { count: more } = onFullDisk(() =>
        bounds.removeWith((removed) => {
          removed.push(...rows.removeSelected(selector, upTo, removedAtATime));
        }),
      );
      count += more;
      if (more < removedAtATime) return count;
    }
  }

  async function finish(
    selectors: readonly Selector[],
    counts: number[],
    number: number,
    upTo: number,
  ): Promise<Removed> {
    for (const [place, selector] of selectors.entries()) {
      const count = counts[place] ?? 0;
      if (count >= removedAtATime) counts[place] = count + (await removeRest(selector, upTo));
    }
    rescue.removeBereft(bounds.removeIds);
    return { counts, number };
  }

  /** The log cannot grow there; what it holds lies in the database as well after a checkpoint, and it begins anew. */
  function onFullDisk<Result>(work: () => Result): Result {
    return rescue.withRoom(() => {
      try {
        return work();
      } catch (error) {
        if (!isFull(error)) throw error;
        checkpoint();
        return work();
      }
    });
  }

  return {
    last: () => last,
    hasOvertaken: (response, afterRemoval) =>
      afterRemoval < firstKnown || removals.concernSince(response, afterRemoval),
    remove(selectors) {
      const number = last + 1;
      for (const selector of selectors) removals.note(selector, number);
      const upTo = rows.lastSeq();
      const counts = begin(selectors, upTo, number);
      // Told to nobody before it is on the disk: the next keeper would give it to another removal.
      last = number;
      return finish(selectors, counts, number, upTo);
    },
  };
}

function lastIn(database: Database): number {
  const read = database.query<{ lastRemoval: number }, []>("SELECT lastRemoval FROM state");
  return read.get()?.lastRemoval ?? 0;
}
