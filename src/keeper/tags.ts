import type { Database } from "bun:sqlite";

/**
 * By which names the rows are removed together with others (see `Policy.tags`), so that a removal finds its rows. Of a name
 * there is a hash, which costs the same for names of any length; that it is the name is read from the row's policy. Call it
 * in a transaction.
 */
export interface Tags {
  /** Of a new row. */
  add(seq: number, tags: readonly string[]): void;
  /** Of a row that was freshened: in place of those that it had. */
  replace(seq: number, tags: readonly string[]): void;
}

export function prepareTags(database: Database): Tags {
  const insert = database.query<never, [number, number]>("INSERT OR IGNORE INTO tags VALUES (?, ?)");
  const remove = database.query<never, [number]>("DELETE FROM tags WHERE seq = ?");

  function add(seq: number, tags: readonly string[]): void {
    for (const tag of tags) insert.run(tagHash(tag), seq);
  }

  return {
    add,
    replace(seq, tags) {
      remove.run(seq);
      add(seq, tags);
    },
  };
}

/** With its sign 48 bits, for which SQLite has a number of six bytes. It lies on the disk: another one is another format. */
export function tagHash(tag: string): number {
  return Number(BigInt.asIntN(48, Bun.hash.xxHash64(tag, 0n)));
}
