import { selects } from "../arrivals.ts";
import type { Changes, NewRow, Row } from "../../keeper/rows.ts";
import type { Selector } from "../tier.ts";

/** A row that is not in the index yet: of a new response, or of one that was freshened. */
interface PendingRow {
  readonly row: Row;
  readonly isNew: boolean;
  /** See `NewRow`; of a freshened one it means nothing. */
  readonly afterRemoval: number;
}

/**
 * What waits for the next grouped commit. It is looked at before the index, so that this process finds a response
 * as soon as it is stored.
 */
export interface Pending {
  /** Rows, freshened rows, uses and verifications that wait. */
  readonly size: number;
  /** Of bodies that wait with their rows. */
  readonly bytes: number;
  /** Returns the row that will now never be written, if there is one: its body is nobody's. */
  insert(row: NewRow): Row | undefined;
  update(row: Row): void;
  noteUse(id: string, usedAt: number): void;
  /** Whether a use of it waits. */
  isUsed(id: string): boolean;
  noteVerified(id: string, modifiedAt: number): void;
  /** Whether that was noted of a file last written to at that instant. */
  isVerified(id: string, modifiedAt: number): boolean;
  /** The rows of a key as they will be: those of the index, and over them those that wait. */
  overlay(rows: readonly Row[], primaryKey: string): Row[];
  /** Takes out what the selector names; returns those that are in no index: their bodies are nobody's. */
  remove(selector: Selector): Row[];
  changes(): Changes;
  clear(): void;
}

export function createPending(): Pending {
  const keys = new Map<string, Map<string, PendingRow>>();
  const uses = new Map<string, number>();
  const verified = new Map<string, number>();
  let rowCount = 0;
  let bytes = 0;

  function put(pending: PendingRow): PendingRow | undefined {
    const { primaryKey, variantKey } = pending.row.response;
    let variants = keys.get(primaryKey);
    if (variants === undefined) {
      variants = new Map();
      keys.set(primaryKey, variants);
    }
    const former = variants.get(variantKey);
    if (former === undefined) rowCount++;
    bytes += weightOf(pending) - weightOf(former);
    variants.set(variantKey, pending);
    return former;
  }

  function* all(): Generator<PendingRow> {
    for (const variants of keys.values()) yield* variants.values();
  }

  function rowsWhere(isNew: boolean): NewRow[] {
    return [...all()]
      .filter((pending) => pending.isNew === isNew)
      .map(({ row, afterRemoval }) => {
        const usedAt = uses.get(row.response.id);
        // A row that comes with its first use is in use from the beginning.
        return usedAt === undefined
          ? { ...row, afterRemoval }
          : { ...row, used: true, lastUsedAt: usedAt, afterRemoval };
      });
  }

  return {
    get size() {
      return rowCount + uses.size + verified.size;
    },
    get bytes() {
      return bytes;
    },
    insert(row) {
      const former = put({ row, isNew: true, afterRemoval: row.afterRemoval });
      return former?.isNew ? former.row : undefined;
    },
    update(row) {
      const { primaryKey, variantKey, id } = row.response;
      const former = keys.get(primaryKey)?.get(variantKey);
      const isNew = former?.isNew === true && former.row.response.id === id;
      put({ row, isNew, afterRemoval: former?.afterRemoval ?? 0 });
    },
    isUsed: (id) => uses.has(id),
    noteUse(id, usedAt) {
      uses.set(id, usedAt);
    },
    noteVerified(id, modifiedAt) {
      verified.set(id, modifiedAt);
    },
    isVerified: (id, modifiedAt) => verified.get(id) === modifiedAt,
    overlay(rows, primaryKey) {
      const variants = keys.get(primaryKey);
      if (variants === undefined) return [...rows];
      const beneath = rows.filter(({ response }) => !variants.has(response.variantKey));
      return [...Array.from(variants.values(), ({ row }) => row), ...beneath];
    },
    remove(selector) {
      const removed: Row[] = [];
      for (const pending of [...all()]) {
        const { row, isNew } = pending;
        const { primaryKey, variantKey } = row.response;
        if (!selects(selector, row.response)) continue;
        keys.get(primaryKey)?.delete(variantKey);
        rowCount--;
        bytes -= weightOf(pending);
        if (isNew) removed.push(row);
      }
      return removed;
    },
    changes: () => ({ inserts: rowsWhere(true), updates: rowsWhere(false), uses, verified }),
    clear() {
      keys.clear();
      uses.clear();
      verified.clear();
      rowCount = 0;
      bytes = 0;
    },
  };
}

function weightOf(pending: PendingRow | undefined): number {
  return pending?.row.body?.kind === "memory" ? pending.row.response.size : 0;
}
