import { setImmediate as nextTurn } from "node:timers/promises";
import type { Listed } from "../control/purge.ts";
import type { Selector } from "../store/tier.ts";
import type { RowNumbers } from "./row-numbers.ts";
import type { CountByKind } from "./row-removal.ts";
import type { SelectedRow, Selection } from "./selection.ts";
import { stepsAtATime } from "./ways.ts";

export interface ListingOptions {
  readonly selection: Selection;
  readonly numbers: Pick<RowNumbers, "last">;
  /** See `RowRemovalOptions`. */
  readonly mend: () => void;
}

/** How many responses are stored that selectors name, and the first of them. */
export interface Listing extends CountByKind {
  readonly listed: readonly Listed[];
}

/** Characters of keys that are told at most: they go in one message. */
const mostCharacters = 1024 * 1024;

/** `Index.list`: lets others come to their turn as often as a removal does. */
export function prepareListing({
  selection,
  numbers,
  mend,
}: ListingOptions): (selectors: readonly Selector[], limit: number) => Promise<Listing> {
  return async function list(selectors, limit) {
    const upTo = numbers.last();
    const sheet = createSheet(limit);
    let steps = 0;
    for (const selector of selectors) {
      for (const row of selection.rows(selector, upTo)) {
        if (row !== undefined) sheet.add(row);
        if (++steps % stepsAtATime !== 0) continue;
        await nextTurn();
        mend();
      }
    }
    return sheet.written();
  };
}

/** Counts each row once, whatever selectors name it. */
function createSheet(limit: number) {
  const counted = new Set<number>();
  const listed: Listed[] = [];
  let [complete, partial, characters] = [0, 0, 0];

  return {
    add(row: SelectedRow): void {
      if (counted.has(row.seq)) return;
      counted.add(row.seq);
      const isPartial = row.isPartial === 1;
      if (isPartial) partial++;
      else complete++;
      characters += row.primaryKey.length + row.variantKey.length;
      if (listed.length >= limit || characters > mostCharacters) return;
      const { primaryKey: key, variantKey: variant, status, size } = row;
      listed.push({ key, variant, status, size, isPartial });
    },
    written: (): Listing => ({ complete, partial, listed }),
  };
}
