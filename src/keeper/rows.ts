import type { Database } from "bun:sqlite";
import type { RowColumns } from "../store/disk/row.ts";
import type { Piece, Selector } from "../store/tier.ts";
import { footprint } from "./footprint.ts";
import { prepareGroups } from "./groups.ts";
import { conditionOf } from "./selector-condition.ts";
import type { RemovedRow, Variants } from "./variants.ts";

/** What is known of a body, complete or in pieces. */
export interface InspectedRow {
  readonly seq: number;
  readonly id: string;
  readonly primaryKey: string;
  readonly size: number;
  readonly footprint: number;
  readonly checksum: string;
  readonly pieces: readonly Piece[] | null;
  /** 1 for a body in a file. */
  readonly inFile: number;
  /** Null for a body in a file. */
  readonly body: Uint8Array | null;
}

/** The rows of complete responses. Each call that writes is to be made in a transaction. */
export interface Rows {
  has(id: string): boolean;
  /** Whether the selector names any row. */
  hasAny(selector: Selector): boolean;
  /**
   * Enters what is new, each instead of any older one with its keys, but what is there already. Where a newer one is there
   * it is not entered: a batch that got lost is handed over again, and another worker may have been quicker meanwhile.
   * Returns what is not in the index afterwards.
   */
  insert(inserts: readonly RowColumns[]): RemovedRow[];
  /** Of freshened rows; nothing where they are gone. */
  update(updates: readonly RowColumns[]): void;
  markUsed(uses: ReadonlyMap<string, number>): void;
  markVerified(verified: ReadonlyMap<string, number>): void;
  /** Removes at most `limit` rows, none beyond that one in the order of `seq`. */
  removeSelected(selector: Selector, upTo: number, limit: number): RemovedRow[];
  /** Nothing when it was not there. */
  removeId(id: string): RemovedRow[];
  lastSeq(): number;
  /** The next rows in the order of `seq`, with what their bodies should be. */
  rowsAfter(seq: number, limit: number): InspectedRow[];
  /** Of the next rows in the order of `seq` whose bodies lie in files. */
  idsInFilesAfter(seq: number, limit: number): { readonly seq: number; readonly id: string }[];
}

const columns =
  "id, size, version, lastUsedAt, used, status, checksum, inFile, modifiedAt, generation, variantKey, policy, fields, body";

export function prepareRows(database: Database, variants: Variants): Rows {
  const statements = prepareStatements(database);
  const groups = prepareGroups(database);

  /** Whether it was entered; what is not there then goes to `removed`. */
  function insertRow(row: RowColumns, removed: RemovedRow[]): boolean {
    const { id, primaryKey, variantKey, size, status, version, checksum, modifiedAt, body } = row;
    const bytes = footprint(row, isInFile(row));
    const others = variants.count(primaryKey);
    if (others > 0 && statements.findNewer.get(primaryKey, variantKey, version) !== null) {
      removed.push({ id, inFile: isInFile(row) ? 1 : 0 });
      return false;
    }
    if (others > 0) removed.push(...statements.removeVariant.all(primaryKey, variantKey));
    const { lastInsertRowid } = statements.insert.run(
      ...[id, size, version, row.lastUsedAt, row.used ? 1 : 0, status, checksum, isInFile(row) ? 1 : 0],
      ...[modifiedAt ?? 0, variantKey, row.policy, row.fields, body, primaryKey, row.spentAt, bytes],
    );
    groups.add(Number(lastInsertRowid), row.tags);
    if (others >= variants.most) removed.push(...variants.removeExcess(primaryKey));
    return true;
  }

  function updateRow(row: RowColumns): void {
    const { id, policy, fields, version, spentAt } = row;
    const updated = statements.update.get(
      fields,
      policy,
      version,
      spentAt,
      footprint(row, isInFile(row)),
      id,
    );
    if (updated === null) return;
    groups.replace(updated.seq, row.tags);
  }

  return {
    has: (id) => statements.findId.get(id) !== null,
    hasAny(selector) {
      const { where, values } = conditionOf(selector);
      return database.query(`SELECT 1 FROM responses WHERE ${where} LIMIT 1`).get(...values) !== null;
    },
    insert(inserts) {
      const removed: RemovedRow[] = [];
      const entered = inserts.filter(
        (row) => statements.findId.get(row.id) === null && insertRow(row, removed),
      );
      const bytes = entered.reduce((sum, row) => sum + footprint(row, isInFile(row)), 0);
      if (entered.length > 0)
        statements.countInserted.run(bytes, entered.length, entered.filter(isInFile).length);
      return removed;
    },
    update: (updates) => updates.forEach(updateRow),
    markUsed(uses) {
      for (const [id, usedAt] of uses) statements.markUsed.run(usedAt, id);
    },
    markVerified(verified) {
      for (const [id, modifiedAt] of verified) statements.markVerified.run(modifiedAt, id);
    },
    removeSelected(selector, upTo, limit) {
      const { where, values } = conditionOf(selector);
      const statement = database.query<RemovedRow, (string | number | null)[]>(
        `DELETE FROM responses WHERE seq IN
           (SELECT seq FROM responses WHERE ${where} AND seq <= ? LIMIT ?) RETURNING id, inFile`,
      );
      // The last one goes last: while it is there, no row that comes meanwhile gets the number of one that went.
      const removed = statement.all(...values, upTo - 1, limit);
      return removed.length < limit ? [...removed, ...statement.all(...values, upTo, 1)] : removed;
    },
    removeId: (id) => statements.removeId.all(id),
    lastSeq: () => statements.lastSeq.get()?.seq ?? 0,
    idsInFilesAfter: (seq, limit) => statements.idsInFilesAfter.all(seq, limit),
    rowsAfter: (seq, limit) =>
      statements.inspected.all(seq, limit).map((row) => ({
        ...row,
        pieces: row.pieces === null ? null : (JSON.parse(row.pieces) as Piece[]),
      })),
  };
}

/** Whether the body takes a file beside the row. */
function isInFile({ modifiedAt }: Pick<RowColumns, "modifiedAt">): boolean {
  return modifiedAt !== null;
}

/** Prepared once: to find one that was prepared costs a look at its text for each row. */
function prepareStatements(database: Database) {
  return {
    findId: database.query<{ seq: number }, [string]>("SELECT seq FROM responses WHERE id = ?"),
    removeVariant: database.query<RemovedRow, [string, string]>(
      "DELETE FROM responses WHERE primaryKey = ? AND variantKey = ? RETURNING id, inFile",
    ),
    findNewer: database.query<{ seq: number }, [string, string, number]>(
      "SELECT seq FROM responses WHERE primaryKey = ? AND variantKey = ? AND version > ?",
    ),
    countInserted: database.query<never, [number, number, number]>(
      "UPDATE state SET bytes = bytes + ?, objects = objects + ?, files = files + ?",
    ),
    insert: database.query<never, (string | number | null | Uint8Array)[]>(
      `INSERT INTO responses (${columns}, primaryKey, spentAt, footprint) VALUES
       (?,?,?,?,?,?,?,?,?,(SELECT generation FROM state),?,?,?,?,?,?,?)`,
    ),
    update: database.query<{ seq: number }, (string | number | null)[]>(
      `UPDATE responses SET fields = ?, policy = ?, version = ?, spentAt = ?, footprint = ? WHERE id = ? RETURNING seq`,
    ),
    markUsed: database.query<never, [number, string]>(
      "UPDATE responses SET used = 1, lastUsedAt = ? WHERE id = ?",
    ),
    markVerified: database.query<never, [number, string]>(
      "UPDATE responses SET modifiedAt = ?, generation = (SELECT generation FROM state) WHERE id = ?",
    ),
    removeId: database.query<RemovedRow, [string]>("DELETE FROM responses WHERE id = ? RETURNING id, inFile"),
    lastSeq: database.query<{ seq: number | null }, []>("SELECT max(seq) AS seq FROM responses"),
    idsInFilesAfter: database.query<{ seq: number; id: string }, [number, number]>(
      "SELECT seq, id FROM responses WHERE inFile = 1 AND seq > ? ORDER BY seq LIMIT ?",
    ),
    inspected: database.query<
      Omit<InspectedRow, "pieces"> & { readonly pieces: string | null },
      [number, number]
    >(
      `SELECT seq, id, primaryKey, size, footprint, checksum, pieces, inFile, body FROM responses
       WHERE seq > ? ORDER BY seq LIMIT ?`,
    ),
  };
}
