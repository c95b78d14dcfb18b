import { nameIn } from "../selecting.ts";
import { newestFirst, type Selector } from "../tier.ts";
import type { Batch, NewRow } from "./keeper.ts";
import { columnsOf, type Row } from "./row.ts";
import { createRowNotes, type RowNotes } from "./row-notes.ts";
import { createWaitingRows, type WaitingRow, type WaitingRows, weightOf } from "./waiting-rows.ts";

/** A batch that was handed over, with what it was made of. */
export interface Parcel {
  readonly batch: Batch;
  readonly entries: readonly WaitingRow[];
}

/**
 * What waits to be handed to the keeper, and what was handed over and not acknowledged yet. It is looked at with the
 * index, so that this process finds a response as soon as it is stored.
 */
export interface Outbox extends Omit<RowNotes, "takeUse" | "take" | "forget" | "takeBack" | "clear"> {
  /** Responses, uses and verifications that wait. */
  readonly waiting: number;
  /** Responses that wait or are on their way, and what they weigh. */
  readonly load: { readonly responses: number; readonly bytes: number };
  /** Returns the new response that it replaces and that was never handed over: its body is nobody's. */
  insert(row: Row, afterRemoval: number): Row | undefined;
  /** Freshened by what the origin has confirmed since the removal with that number. */
  update(row: Row, afterRemoval: number): void;
  /** The rows of a key as they will be, newest first. */
  overlay(rows: readonly Row[], primaryKey: string): Row[];
  /** Takes out what the selector names; returns what was never handed over. What was, the keeper removes. */
  remove(selector: Selector): Row[];
  /** The next parcel, of at most so many responses and about so many bytes; undefined when nothing waits. */
  take(mostResponses: number, mostBytes: number): Parcel | undefined;
  /** The parcel has arrived, or was refused: what was in it does not wait any more. */
  forget(parcel: Parcel): void;
  /** It is not known whether the parcel has arrived: what of it was not replaced waits again. Returns the new responses. */
  takeBack(parcel: Parcel): Row[];
  /** Gives up all that waits; returns new responses whose bodies are nobody's. */
  clear(): Row[];
}

export function createOutbox(): Outbox {
  const notes = createRowNotes();
  const rows = createWaitingRows();
  /** Of these, what was not handed over, in its order. */
  const unsent = new Set<WaitingRow>();

  function put(entry: WaitingRow): WaitingRow | undefined {
    unsent.add(entry);
    return rows.put(entry);
  }

  return {
    ...notes,
    get waiting() {
      return unsent.size + notes.waiting;
    },
    get load() {
      return rows.load();
    },
    insert(row, afterRemoval) {
      const former = put({ row, isNew: true, isChange: false, afterRemoval });
      return former !== undefined && unsent.delete(former) && former.isNew ? former.row : undefined;
    },
    update(row, afterRemoval) {
      const former = rows.like(row);
      const isUnsent = former !== undefined && unsent.delete(former);
      const isNew = isUnsent && former.isNew && former.row.response.id === row.response.id;
      // A new response that is freshened was asked for before that: what has overtaken it since then still has.
      const asked = isNew ? former.afterRemoval : afterRemoval;
      put({ row, isNew, isChange: !isNew || former.isChange, afterRemoval: asked });
    },
    overlay(stored, primaryKey) {
      const variants = rows.ofKey(primaryKey);
      const beneath = stored.filter(
        ({ response: { id, variantKey } }) => !notes.isDamaged(id) && variants?.has(variantKey) !== true,
      );
      if (variants === undefined) return newestFirst(beneath);
      return newestFirst([...Array.from(variants.values(), ({ row }) => row), ...beneath]);
    },
    remove(selector) {
      const abandoned: Row[] = [];
      for (const entry of rows.selectedBy(selector)) {
        rows.drop(entry);
        const isUnsent = unsent.delete(entry);
        if (entry.isNew && isUnsent) abandoned.push(entry.row);
        // The row beneath may still have the names that it had before, by which the removal would miss it.
        else if (nameIn(selector) !== null && !entry.isNew) notes.noteDamaged(entry.row.response.id);
      }
      return abandoned;
    },
    take(mostResponses, mostBytes) {
      if (unsent.size + notes.waiting === 0) return undefined;
      const entries = takeFirst(unsent, mostResponses, mostBytes);
      const inserts = entries.filter(({ isNew }) => isNew).map((entry) => newRow(entry, notes));
      const updates = entries
        .filter(({ isChange }) => isChange)
        .map(({ row, afterRemoval }) => ({ ...columnsOf(row), body: null, afterRemoval }));
      return { batch: { inserts, updates, ...notes.take() }, entries };
    },
    forget({ batch, entries }) {
      entries.forEach(rows.drop);
      notes.forget(batch);
    },
    takeBack({ batch, entries }) {
      const again = entries.flatMap((entry) => afresh(entry, rows, unsent) ?? []);
      const later = [...unsent];
      unsent.clear();
      for (const entry of [...again, ...later]) unsent.add(entry);
      notes.takeBack(batch);
      return newIn(again);
    },
    clear() {
      const abandoned = newIn([...unsent]);
      for (const entry of unsent) rows.drop(entry);
      unsent.clear();
      notes.clear();
      return abandoned;
    },
  };
}

function takeFirst(unsent: Set<WaitingRow>, mostResponses: number, mostBytes: number): WaitingRow[] {
  const entries: WaitingRow[] = [];
  let taken = 0;
  for (const entry of unsent) {
    if (entries.length >= mostResponses || taken >= mostBytes) break;
    unsent.delete(entry);
    entries.push(entry);
    taken += weightOf(entry);
  }
  return entries;
}

/** A row that comes with its first use is in use from the beginning. */
function newRow({ row, afterRemoval }: WaitingRow, notes: Pick<RowNotes, "takeUse">): NewRow {
  const use = notes.takeUse(row.response.id);
  if (use === undefined) return { ...columnsOf(row), afterRemoval };
  const { at, hits } = use;
  return { ...columnsOf({ ...row, used: true, lastUsedAt: at }), hits, afterRemoval };
}

/**
 * What of an entry that may not have arrived is to go again. A response that was freshened after it was handed over
 * goes as a new one and as a change of it: there may be a row by now, or none.
 */
function afresh(entry: WaitingRow, rows: WaitingRows, unsent: Set<WaitingRow>): WaitingRow | undefined {
  const current = rows.like(entry.row);
  if (current === undefined || current === entry) return current;
  if (!entry.isNew || current.isNew || current.row.response.id !== entry.row.response.id) return undefined;
  const whole = { ...entry, isChange: true, row: current.row };
  unsent.delete(current);
  rows.put(whole);
  return whole;
}

function newIn(entries: readonly WaitingRow[]): Row[] {
  return entries.filter(({ isNew }) => isNew).map(({ row }) => row);
}
