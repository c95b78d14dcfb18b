import type { Database } from "bun:sqlite";

/** Which groups (RFC 9875) the rows are in, so that a removal of a group finds its rows. Call it in a transaction. */
export interface Groups {
  /** Of a new row. */
  add(seq: number, groups: readonly string[]): void;
  /** Of a row that was freshened: in place of those that it was in. */
  replace(seq: number, groups: readonly string[]): void;
}

export function prepareGroups(database: Database): Groups {
  const insert = database.query<never, [string, number]>("INSERT OR IGNORE INTO groups VALUES (?, ?)");
  const remove = database.query<never, [number]>("DELETE FROM groups WHERE seq = ?");

  function add(seq: number, groups: readonly string[]): void {
    for (const group of groups) insert.run(group, seq);
  }

  return {
    add,
    replace(seq, groups) {
      remove.run(seq);
      add(seq, groups);
    },
  };
}
