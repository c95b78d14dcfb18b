import { selects } from "../selecting.ts";
import { newestFirst, type Selector } from "../tier.ts";
import type { Batch, NewRow } from "./keeper.ts";
import { columnsOf, type Row } from "./row.ts";

/** A response that is on its way to the keeper: a new one, or one that was freshened. */
interface Entry {
  readonly row: Row;
  readonly isNew: boolean;
  /** Whether its row, if it is there, is to be changed: see `afresh`. */
  readonly isChange: boolean;
  /** See `NewRow`; of a freshened one it means nothing. */
  readonly afterRemoval: number;
}

/** A batch that was handed over, with what it was made of. */
export interface Parcel {
  readonly batch: Batch;
  readonly entries: readonly Entry[];
}

/**
 * What waits to be handed to the keeper, and what was handed over and not acknowledged yet. It is looked at with the
 * index, so that this process finds a response as soon as it is stored.
 */
export interface Outbox {
  /** Responses, uses and verifications that wait. */
  readonly waiting: number;
  /** Responses that wait or are on their way, and bytes of those bodies that go with their rows. */
  readonly load: { readonly responses: number; readonly bytes: number };
  /** Returns the new response that it replaces and that was never handed over: its body is nobody's. */
  insert(row: Row, afterRemoval: number): Row | undefined;
  update(row: Row): void;
  noteUse(id: string, usedAt: number): void;
  noteVerified(id: string, modifiedAt: number): void;
  /** Whether that was noted of a file last written to at that instant, and is not acknowledged yet. */
  isVerified(id: string, modifiedAt: number): boolean;
  /** The body or the row with that id is damaged: its row is to go, and is not found any more. */
  noteDamaged(id: string): void;
  /** The rows of a key as they will be, newest first. */
  overlay(rows: readonly Row[], primaryKey: string): Row[];
  isDamaged(id: string): boolean;
  /** Whether a use of it waits. */
  isUsed(id: string): boolean;
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

/** While the keeper is away; of others it will not know. */
const mostUses = 65_536;

export function createOutbox(): Outbox {
  /** By primary key, then by variant key: what waits and what is on its way. */
  const keys = new Map<string, Map<string, Entry>>();
  /** Of these, what waits, in its order. */
  const unsent = new Set<Entry>();
  let uses = new Map<string, number>();
  let verified = new Map<string, number>();
  let damaged = new Set<string>();
  /** Those that wait and those on their way. */
  const unverifiedYet = new Map<string, number>();
  const goneYet = new Set<string>();
  let responses = 0;
  let bytes = 0;

  function waiting(): number {
    return unsent.size + uses.size + verified.size + damaged.size;
  }

  function put(entry: Entry): Entry | undefined {
    const { primaryKey, variantKey } = entry.row.response;
    let variants = keys.get(primaryKey);
    if (variants === undefined) {
      variants = new Map();
      keys.set(primaryKey, variants);
    }
    const former = variants.get(variantKey);
    if (former !== undefined) count(former, -1);
    variants.set(variantKey, entry);
    count(entry, 1);
    unsent.add(entry);
    return former;
  }

  function count(entry: Entry, sign: 1 | -1): void {
    responses += sign;
    bytes += sign * weightOf(entry);
  }

  /** Whatever has taken its place stays. */
  function drop(entry: Entry): void {
    const { primaryKey, variantKey } = entry.row.response;
    const variants = keys.get(primaryKey);
    if (variants?.get(variantKey) !== entry) return;
    variants.delete(variantKey);
    if (variants.size === 0) keys.delete(primaryKey);
    count(entry, -1);
  }

  /**
   * What of an entry that may not have arrived is to go again. A response that was freshened after it was handed over
   * goes as a new one and as a change of it: there may be a row by now, or none.
   */
  function afresh(entry: Entry): Entry | undefined {
    const { primaryKey, variantKey, id } = entry.row.response;
    const variants = keys.get(primaryKey);
    const current = variants?.get(variantKey);
    if (current === undefined || current === entry) return current;
    if (!entry.isNew || current.isNew || current.row.response.id !== id) return undefined;
    const whole = { ...entry, isChange: true, row: current.row };
    unsent.delete(current);
    variants?.set(variantKey, whole);
    return whole;
  }

  function noteDamaged(id: string): void {
    damaged.add(id);
    goneYet.add(id);
  }

  function newRow({ row, afterRemoval }: Entry): NewRow {
    const usedAt = uses.get(row.response.id);
    uses.delete(row.response.id);
    // A row that comes with its first use is in use from the beginning.
    const inUse = usedAt === undefined ? row : { ...row, used: true, lastUsedAt: usedAt };
    return { ...columnsOf(inUse), afterRemoval };
  }

  function* selectedBy(selector: Selector): Generator<Entry> {
    const variants = keys.get("primaryKey" in selector ? selector.primaryKey : "");
    const lists = "primaryKey" in selector ? (variants === undefined ? [] : [variants]) : [...keys.values()];
    for (const list of lists) {
      for (const entry of [...list.values()]) if (selects(selector, entry.row.response)) yield entry;
    }
  }

  return {
    get waiting() {
      return waiting();
    },
    get load() {
      return { responses, bytes };
    },
    insert(row, afterRemoval) {
      const former = put({ row, isNew: true, isChange: false, afterRemoval });
      return former !== undefined && unsent.delete(former) && former.isNew ? former.row : undefined;
    },
    update(row) {
      const { primaryKey, variantKey, id } = row.response;
      const former = keys.get(primaryKey)?.get(variantKey);
      const isUnsent = former !== undefined && unsent.delete(former);
      const isNew = isUnsent && former.isNew && former.row.response.id === id;
      put({ row, isNew, isChange: !isNew || former.isChange, afterRemoval: former?.afterRemoval ?? 0 });
    },
    noteUse(id, usedAt) {
      if (uses.size < mostUses || uses.has(id)) uses.set(id, usedAt);
    },
    isUsed: (id) => uses.has(id),
    noteVerified(id, modifiedAt) {
      verified.set(id, modifiedAt);
      unverifiedYet.set(id, modifiedAt);
    },
    isVerified: (id, modifiedAt) => unverifiedYet.get(id) === modifiedAt,
    noteDamaged,
    isDamaged: (id) => goneYet.has(id),
    overlay(rows, primaryKey) {
      const variants = keys.get(primaryKey);
      const there = goneYet.size === 0 ? rows : rows.filter(({ response }) => !goneYet.has(response.id));
      if (variants === undefined) return newestFirst([...there]);
      const beneath = there.filter(({ response }) => !variants.has(response.variantKey));
      return newestFirst([...Array.from(variants.values(), ({ row }) => row), ...beneath]);
    },
    remove(selector) {
      const abandoned: Row[] = [];
      for (const entry of selectedBy(selector)) {
        drop(entry);
        const isUnsent = unsent.delete(entry);
        if (entry.isNew && isUnsent) abandoned.push(entry.row);
        // The row beneath may still be in the group that it had before, by which the removal would miss it.
        else if (selector.by === "group" && !entry.isNew) noteDamaged(entry.row.response.id);
      }
      return abandoned;
    },
    take(mostResponses, mostBytes) {
      if (waiting() === 0) return undefined;
      const entries: Entry[] = [];
      let taken = 0;
      for (const entry of unsent) {
        if (entries.length >= mostResponses || taken >= mostBytes) break;
        unsent.delete(entry);
        entries.push(entry);
        taken += weightOf(entry);
      }
      const inserts = entries.filter(({ isNew }) => isNew).map(newRow);
      const updates = entries
        .filter(({ isChange }) => isChange)
        .map(({ row }) => ({ ...columnsOf(row), body: null }));
      const batch: Batch = { inserts, updates, uses, verified, damaged: [...damaged] };
      uses = new Map();
      verified = new Map();
      damaged = new Set();
      return { batch, entries };
    },
    forget({ batch, entries }) {
      entries.forEach(drop);
      for (const [id, modifiedAt] of batch.verified) {
        if (unverifiedYet.get(id) === modifiedAt && !verified.has(id)) unverifiedYet.delete(id);
      }
      for (const id of batch.damaged) goneYet.delete(id);
    },
    takeBack({ batch, entries }) {
      const again = entries.flatMap((entry) => afresh(entry) ?? []);
      const later = [...unsent];
      unsent.clear();
      for (const entry of [...again, ...later]) unsent.add(entry);
      uses = new Map([...batch.uses, ...uses]);
      verified = new Map([...batch.verified, ...verified]);
      damaged = new Set([...batch.damaged, ...damaged]);
      return again.filter(({ isNew }) => isNew).map(({ row }) => row);
    },
    clear() {
      const abandoned = [...unsent].filter(({ isNew }) => isNew).map(({ row }) => row);
      for (const entry of unsent) drop(entry);
      unsent.clear();
      uses.clear();
      verified.clear();
      damaged.clear();
      return abandoned;
    },
  };
}

function weightOf({ row }: Entry): number {
  return row.body?.kind === "memory" ? row.response.size : 0;
}
