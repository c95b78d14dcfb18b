import type { Database } from "bun:sqlite";

/**
 * Numbers of rows in the order in which they came. SQLite would give that of the last row once more when the row has gone:
 * a removal that is under way would take the new one for what was there when it began.
 */
export interface RowNumbers {
  next(): number;
  /** The last that was given. */
  last(): number;
}

export function continueRowNumbers(database: Database): RowNumbers {
  // A row that has gone may have left tags, which would be the next one's.
  let last = Math.max(lastIn(database, "responses"), lastIn(database, "goneRows"));
  return { next: () => ++last, last: () => last };
}

function lastIn(database: Database, table: string): number {
  const query = database.query<{ seq: number | null }, []>(`SELECT max(seq) AS seq FROM ${table}`);
  return query.get()?.seq ?? 0;
}
