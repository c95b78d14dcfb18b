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
  const remembered = new Set<string>();
  let last: string | undefined;

  return {
    note(primaryKey, isThere, mayLag) {
      last = isThere ? undefined : primaryKey;
      if (isThere) remembered.delete(primaryKey);
      else if (mayLag) {
        if (remembered.size >= mostRemembered) remembered.clear();
        remembered.add(primaryKey);
      }
    },
    isRemembered(primaryKey) {
      if (!remembered.has(primaryKey)) return false;
      last = primaryKey;
      return true;
    },
    takeLast(primaryKey) {
      const isLast = last === primaryKey;
      last = undefined;
      return isLast;
    },
    end: (primaryKey) => void remembered.delete(primaryKey),
    endAll() {
      remembered.clear();
      last = undefined;
    },
  };
}
