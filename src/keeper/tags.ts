import type { Database } from "bun:sqlite";

/**
 * By which names the rows are removed together with others (see `Policy.tags`), so that a removal finds its rows. Of a name
 * there is a hash, which costs the same for names of any length; that it is the name is read from the row's policy.
 *
 * The hashes of neighbouring rows lie far from each other, each on a page of its own: to delete those of some hundred rows
 * at once would write a thousand pages. So a row that goes leaves them, which name nothing then, and many go later in their
 * order. Call it in a transaction.
 */
export interface Tags {
  /** Of a new row. */
  add(seq: number, tags: readonly string[]): void;
  /** Of a row that was freshened: in place of those that it had. */
  replace(seq: number, tags: readonly string[]): void;
}

export function prepareTags(database: Database): Tags {
  const statements = prepareStatements(database);

  function addHashes(seq: number, hashes: ReadonlySet<number>): void {
    for (const hash of hashes) {
      statements.add.run(hash, seq);
      statements.addOfRow.run(seq, hash);
    }
  }

  return {
    add: (seq, tags) => addHashes(seq, new Set(tags.map(tagHash))),
    replace(seq, tags) {
      const former = new Set(statements.ofRow.all(seq).map(({ hash }) => hash));
      const hashes = new Set(tags.map(tagHash));
      if (former.symmetricDifference(hashes).size === 0) return;
      for (const hash of former) statements.remove.run(hash, seq);
      statements.removeOfRow.run(seq);
      addHashes(seq, hashes);
    },
  };
}

/** With its sign 48 bits, for which SQLite has a number of six bytes. It lies on the disk: another one is another format. */
export function tagHash(tag: string): number {
  return Number(BigInt.asIntN(48, Bun.hash.xxHash64(tag, 0n)));
}

/** What is deleted in one transaction, and what is put in order beforehand. */
const hashesAtATime = 2048;
const hashesInOrder = 32_768;
const rowsAtATime = 1024;

interface Hash {
  readonly seq: number;
  readonly hash: number;
}

/** Deletes some of the names of rows that have gone, in a transaction of its own. Whether there are more. */
export function prepareTagDisposal(database: Database): () => boolean {
  const statements = prepareStatements(database);
  /** Of rows that have gone, in the order of the index, the next ones last. */
  let hashes: Hash[] = [];
  let rows: readonly number[] = [];

  function read(): void {
    const read: number[] = [];
    for (const { seq } of statements.gone.all(rowsAtATime)) {
      if (hashes.length >= hashesInOrder) break;
      for (const { hash } of statements.ofRow.all(seq)) hashes.push({ seq, hash });
      read.push(seq);
    }
    hashes.sort((one, other) => other.hash - one.hash || other.seq - one.seq);
    rows = read;
  }

  const removeSome = database.transaction(() => {
    const next = hashes.slice(-hashesAtATime).reverse();
    for (const { hash, seq } of next) statements.remove.run(hash, seq);
    return next.length;
  }).immediate;

  const forgetRows = database.transaction(() => {
    for (const seq of rows) {
      statements.removeOfRow.run(seq);
      statements.forget.run(seq);
    }
  }).immediate;

  return function disposeOfTags() {
    if (rows.length === 0) {
      read();
      return rows.length > 0;
    }
    if (hashes.length > 0) {
      const removed = removeSome();
      hashes = hashes.slice(0, -removed);
      return true;
    }
    forgetRows();
    rows = [];
    return true;
  };
}

function prepareStatements(database: Database) {
  return {
    add: database.query<never, [number, number]>("INSERT INTO tags VALUES (?, ?)"),
    addOfRow: database.query<never, [number, number]>("INSERT INTO tagsOfRows VALUES (?, ?)"),
    remove: database.query<never, [number, number]>("DELETE FROM tags WHERE hash = ? AND seq = ?"),
    removeOfRow: database.query<never, [number]>("DELETE FROM tagsOfRows WHERE seq = ?"),
    ofRow: database.query<{ hash: number }, [number]>("SELECT hash FROM tagsOfRows WHERE seq = ?"),
    gone: database.query<{ seq: number }, [number]>("SELECT seq FROM goneRows ORDER BY seq LIMIT ?"),
    forget: database.query<never, [number]>("DELETE FROM goneRows WHERE seq = ?"),
  };
}
