/** Keys under which nothing at all was, complete or in part, when they were looked up. */
export interface Absence {
  /** What a look-up has just found. Of one that may lag, what it has not found is remembered. */
  note(primaryKey: string, isThere: boolean, mayLag: boolean): void;
  /** In place of a look-up that may lag: one found nothing, and nothing was stored here since. */
  isRemembered(primaryKey: string): boolean;
  /** Whether that was the last look-up, and found nothing. It tells so once, before anything else can have changed. */
  takeLast(primaryKey: string): boolean;
  /** Something was stored here under the key, or somewhere. */
  end(primaryKey: string): void;
  endAll(): void;
}

/** Where there are more of them, they are looked up anew. */
const mostRemembered = 10_000;

export function createAbsence(): Absence {
  // Keys may be 14 KB long, and of a thousand that a client makes up none comes again: their hashes are enough. Of two
  // keys with one hash, what another process has stored under the one may not be found while the other is remembered.
  const remembered = new Set<number | bigint>();
  let last: string | undefined;

  return {
    note(primaryKey, isThere, mayLag) {
      last = isThere ? undefined : primaryKey;
      if (isThere) remembered.delete(Bun.hash(primaryKey));
      else if (mayLag) {
        if (remembered.size >= mostRemembered) remembered.clear();
        remembered.add(Bun.hash(primaryKey));
      }
    },
    isRemembered(primaryKey) {
      if (!remembered.has(Bun.hash(primaryKey))) return false;
      last = primaryKey;
      return true;
    },
    takeLast(primaryKey) {
      const isLast = last === primaryKey;
      last = undefined;
      return isLast;
    },
    end: (primaryKey) => void remembered.delete(Bun.hash(primaryKey)),
    endAll() {
      remembered.clear();
      last = undefined;
    },
  };
}
