import type { Database } from "bun:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { staled } from "../rules/staled.ts";
import { spentAt } from "../store/disk/row.ts";
import { createRemovals } from "../store/removals.ts";
import type { Selectable } from "../store/selecting.ts";
import type { Selector } from "../store/tier.ts";
import type { Bounds } from "./bounds.ts";
import { isFull, type Rescue } from "./full-disk.ts";
import type { RowNumbers } from "./row-numbers.ts";
import type { Rows } from "./rows.ts";
import { policyOf, type SelectedRow, type Selection } from "./selection.ts";
import { stepsAtATime } from "./ways.ts";
import type { RemovedRow } from "./variants.ts";

export interface RowRemovalOptions {
  readonly database: Database;
  readonly rows: Pick<Rows, "removeId" | "setPolicy">;
  readonly selection: Selection;
  readonly numbers: Pick<RowNumbers, "last">;
  readonly bounds: Bounds;
  readonly rescue: Rescue;
  readonly checkpoint: () => void;
  /** Call it before the index is used again after others were: see disk/index-files.ts. */
  readonly mend: () => void;
  /** Milliseconds since the epoch, by the clock with which ages are reckoned. */
  readonly now: () => number;
  /** Random: see store/removals. */
  readonly seed: number;
}

/** Rows of whole responses and of such as are held in part. */
export interface CountByKind {
  readonly complete: number;
  readonly partial: number;
}

/** How many rows each selector took away, or made stale, and the number of the removal. */
export interface Removed {
  readonly counts: readonly CountByKind[];
  readonly number: number;
}

/** Removals in their order: each has a number, and nothing that it names and that was asked for before comes after it. */
export interface RowRemoval {
  /** The number of the last removal. */
  last(): number;
  /** Whether a removal that came after the one with that number concerns the response, or may. */
  hasOvertaken(response: Selectable, afterRemoval: number): boolean;
  /** The same of what confirms the row with that id, and makes it such a response: by what it is named now, and then. */
  hasOvertakenFreshened(id: string, policy: Selectable["policy"], afterRemoval: number): boolean;
  /** The row with that id was freshened just now: removals that are under way do not concern it any more. */
  noteRenewed(id: string): void;
  /** See `Index.remove`. */
  remove(selectors: readonly Selector[]): Promise<Removed>;
}

/** What they have written takes some ten milliseconds to move. */
const turnsUntilCheckpoint = 4;

export function prepareRowRemoval(options: RowRemovalOptions): RowRemoval {
  const { database, rows, selection, numbers, bounds, rescue, checkpoint, mend, now, seed } = options;
  const writeLast = database.query<never, [number]>("UPDATE state SET lastRemoval = ?");
  const removals = createRemovals(seed);
  /** What was removed up to here in an earlier life is not known any more. */
  const firstKnown = lastIn(database);
  let last = firstKnown;

  /** Removals that are under way, and of what was confirmed meanwhile the last removal that the confirmation came after. */
  let underWay = 0;
  const renewed = new Map<string, number>();

  /** The next steps, in one transaction. False where these were the last. */
  function carryOn(work: Work, begin?: () => void): boolean {
    const { steps, isLast } = take(work.selected);
    onFullDisk(() =>
      bounds.removeWith((removed) => {
        begin?.();
        for (const step of steps) if (step !== undefined) change(work, step, removed);
      }),
    );
    count(work, steps);
    return !isLast;
  }

  function change({ number }: Work, { selector, row }: Step, removed: RemovedRow[]): void {
    if ((renewed.get(row.id) ?? 0) >= number) return;
    if (selector.soft !== true || row.isPartial === 1 || !soften(row)) removed.push(...rows.removeId(row.id));
  }

  /** False where the response may not be used stale. */
  function soften(row: SelectedRow): boolean {
    const policy = policyOf(row);
    const stale = policy === undefined ? null : staled(policy, now());
    if (stale === null) return false;
    // SQLite writes a row of the same length over the former one, without the pages on which the body lies.
    if (stale !== policy)
      rows.setPolicy(row.seq, JSON.stringify(stale).padEnd(row.policy.length), spentAt(stale));
    return true;
  }

  async function finish(work: Work, isMoreToDo: boolean): Promise<Removed> {
    underWay++;
    try {
      let turns = 0;
      for (let hasMore = isMoreToDo; hasMore; hasMore = carryOn(work)) {
        // Else SQLite does it at a time of its own, all at once, and nobody comes to a turn meanwhile.
        if (++turns % turnsUntilCheckpoint === 0) rescue.withRoom(checkpoint);
        await nextTurn();
        mend();
      }
    } finally {
      underWay--;
      if (underWay === 0) renewed.clear();
    }
    rescue.removeBereft(bounds.removeIds);
    return { counts: work.counts, number: work.number };
  }

  /** The log cannot grow there; what it holds lies in the database as well after a checkpoint, and it begins anew. */
  function onFullDisk(work: () => void): void {
    rescue.withRoom(() => {
      try {
        work();
      } catch (error) {
        if (!isFull(error)) throw error;
        checkpoint();
        work();
      }
    });
  }

  function hasOvertaken(response: Selectable, afterRemoval: number): boolean {
    return afterRemoval < firstKnown || removals.concernSince(response, afterRemoval);
  }

  return {
    last: () => last,
    hasOvertaken,
    hasOvertakenFreshened(id, policy, afterRemoval) {
      const row = afterRemoval < last ? selection.named(id) : undefined;
      if (row === undefined) return false;
      const names = [policy, policyOf(row) ?? policy];
      return names.some((policy) => hasOvertaken({ ...row, policy }, afterRemoval));
    },
    noteRenewed(id) {
      if (underWay > 0) renewed.set(id, last);
    },
    remove(selectors) {
      const number = last + 1;
      for (const selector of selectors) removals.note(selector, number);
      const selected = rowsOf(selection, selectors, numbers.last());
      const counts = selectors.map(() => ({ complete: 0, partial: 0 }));
      const work = { number, selected, counts, counted: new Set<number>() };
      const hasMore = carryOn(work, () => void writeLast.run(number));
      // Told to nobody before it is on the disk: the next keeper would give it to another removal.
      last = number;
      return finish(work, hasMore);
    },
  };
}

/** A row that a selector names, the one in that place. */
interface Step {
  readonly place: number;
  readonly selector: Selector;
  readonly row: SelectedRow;
}

/** A removal that is under way. */
interface Work {
  readonly number: number;
  readonly selected: Iterator<Step | undefined, void>;
  readonly counts: { complete: number; partial: number }[];
  /** `seq` of rows: one that several selectors name counts for the first of them. */
  readonly counted: Set<number>;
}

function* rowsOf(
  selection: Selection,
  selectors: readonly Selector[],
  upTo: number,
): Generator<Step | undefined, void> {
  for (const [place, selector] of selectors.entries()) {
    for (const row of selection.rows(selector, upTo)) yield row && { place, selector, row };
  }
}

/** Of rows with many names, each of which is a row to remove, fewer. */
function take(source: Work["selected"]): { readonly steps: (Step | undefined)[]; readonly isLast: boolean } {
  const steps: (Step | undefined)[] = [];
  let characters = 0;
  while (steps.length < stepsAtATime && characters < charactersAtATime) {
    const next = source.next();
    if (next.done === true) return { steps, isLast: true };
    steps.push(next.value);
    characters += next.value?.row.policy.length ?? 0;
  }
  return { steps, isLast: false };
}

/** Of policies, which hold the names; those of `stepsAtATime` responses with some ten names each. */
const charactersAtATime = 256 * 1024;

function count({ counts, counted }: Work, steps: readonly (Step | undefined)[]): void {
  for (const step of steps) {
    const own = step && counts[step.place];
    if (step === undefined || own === undefined || counted.has(step.row.seq)) continue;
    if (counts.length > 1) counted.add(step.row.seq);
    if (step.row.isPartial === 1) own.partial++;
    else own.complete++;
  }
}

function lastIn(database: Database): number {
  const read = database.query<{ lastRemoval: number }, []>("SELECT lastRemoval FROM state");
  return read.get()?.lastRemoval ?? 0;
}
