import type { Batch, NotedUse } from "./keeper.ts";

/** What the keeper is told of rows by their ids, as it goes with a batch. */
type Notes = Pick<Batch, "uses" | "verified" | "damaged">;

/** What is to be told of rows, or was told and is not acknowledged yet. */
export interface RowNotes {
  readonly waiting: number;
  noteUse(id: string, usedAt: number, hits: number): void;
  /** Whether a use of it waits. */
  isUsed(id: string): boolean;
  /** The use of it, which does not wait any more. */
  takeUse(id: string): NotedUse | undefined;
  noteVerified(id: string, modifiedAt: number): void;
  /** Whether that was noted of a file last written to at that instant, and is not acknowledged yet. */
  isVerified(id: string, modifiedAt: number): boolean;
  /** The body or the row with that id is damaged: its row is to go, and is not found any more. */
  noteDamaged(id: string): void;
  isDamaged(id: string): boolean;
  /** All that waits is on its way from now on. */
  take(): Notes;
  forget(notes: Notes): void;
  takeBack(notes: Notes): void;
  clear(): void;
}

/** While the keeper is away; of others it will not know. */
const mostUses = 65_536;

export function createRowNotes(): RowNotes {
  let uses = new Map<string, NotedUse>();
  let verified = new Map<string, number>();
  let damaged = new Set<string>();
  /** Those that wait and those on their way. */
  const unverifiedYet = new Map<string, number>();
  const goneYet = new Set<string>();

  return {
    get waiting() {
      return uses.size + verified.size + damaged.size;
    },
    noteUse(id, at, hits) {
      const waiting = uses.get(id);
      if (waiting !== undefined) uses.set(id, { at, hits: waiting.hits + hits });
      else if (uses.size < mostUses) uses.set(id, { at, hits });
    },
    isUsed: (id) => uses.has(id),
    takeUse(id) {
      const use = uses.get(id);
      uses.delete(id);
      return use;
    },
    noteVerified(id, modifiedAt) {
      verified.set(id, modifiedAt);
      unverifiedYet.set(id, modifiedAt);
    },
    isVerified: (id, modifiedAt) => unverifiedYet.get(id) === modifiedAt,
    noteDamaged(id) {
      damaged.add(id);
      goneYet.add(id);
    },
    isDamaged: (id) => goneYet.has(id),
    take() {
      const taken = { uses, verified, damaged: [...damaged] };
      uses = new Map();
      verified = new Map();
      damaged = new Set();
      return taken;
    },
    forget(notes) {
      for (const [id, modifiedAt] of notes.verified) {
        if (unverifiedYet.get(id) === modifiedAt && !verified.has(id)) unverifiedYet.delete(id);
      }
      for (const id of notes.damaged) goneYet.delete(id);
    },
    takeBack(notes) {
      // Its hits may have been counted: rather too few than twice.
      const again = Array.from(notes.uses, ([id, { at }]) => [id, { at, hits: 0 }] as const);
      uses = new Map([...again, ...uses]);
      verified = new Map([...notes.verified, ...verified]);
      damaged = new Set([...notes.damaged, ...damaged]);
    },
    clear() {
      uses.clear();
      verified.clear();
      damaged.clear();
    },
  };
}
