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
  let last =
    database.query<{ seq: number | null }, []>("SELECT max(seq) AS seq FROM responses").get()?.seq ?? 0;
  return { next: () => ++last, last: () => last };
}
