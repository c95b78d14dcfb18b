import type { Database } from "bun:sqlite";
import type { NotedUse } from "../store/disk/keeper.ts";
import type { RowColumns } from "../store/disk/row.ts";
import type { Piece } from "../store/tier.ts";
import { footprint } from "./footprint.ts";
import type { RowNumbers } from "./row-numbers.ts";
import { prepareTags } from "./tags.ts";
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
  /**
   * Enters what is new, each instead of any older one with its keys, but what is there already. Where a newer one is there
   * it is not entered: a batch that got lost is handed over again, and another worker may have been quicker meanwhile.
   * Returns what is not in the index afterwards.
   */
  insert(inserts: readonly RowColumns[]): RemovedRow[];
  /** Of freshened rows; nothing where they are gone. */
  update(updates: readonly RowColumns[]): void;
  markUsed(uses: ReadonlyMap<string, NotedUse>): void;
  markVerified(verified: ReadonlyMap<string, number>): void;
  /** Of a complete response; nothing else of it changes. */
  setPolicy(seq: number, policy: string, spentAt: number | null): void;
  /** Nothing when it was not there. */
  removeId(id: string): RemovedRow[];
  /** The next rows in the order of `seq`, with what their bodies should be. */
  rowsAfter(seq: number, limit: number): InspectedRow[];
  /** Of the next rows in the order of `seq` whose bodies lie in files. */
  idsInFilesAfter(seq: number, limit: number): { readonly seq: number; readonly id: string }[];
}

const columns =
  "id, size, version, lastUsedAt, used, hits, status, checksum, inFile, modifiedAt, generation, variantKey, policy, fields, body";

export function prepareRows(database: Database, variants: Variants, numbers: RowNumbers): Rows {
  const statements = prepareStatements(database);
  const tags = prepareTags(database);

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
    const seq = numbers.next();
    statements.insert.run(
      ...[id, size, version, row.lastUsedAt, row.used ? 1 : 0, row.hits],
      ...[status, checksum, isInFile(row) ? 1 : 0],
      ...[modifiedAt ?? 0, variantKey, row.policy, row.fields, body, primaryKey, row.spentAt, bytes, seq],
    );
    tags.add(seq, row.tags);
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
    tags.replace(updated.seq, row.tags);
  }

  return {
    has: (id) => statements.findId.get(id) !== null,
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
      for (const [id, { at, hits }] of uses) statements.markUsed.run(at, hits, id);
    },
    markVerified(verified) {
      for (const [id, modifiedAt] of verified) statements.markVerified.run(modifiedAt, id);
    },
    setPolicy: (seq, policy, spentAt) => void statements.setPolicy.run(policy, spentAt, seq),
    removeId: (id) => statements.removeId.all(id),
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
      `INSERT INTO responses (${columns}, primaryKey, spentAt, footprint, seq) VALUES
       (?,?,?,?,?,?,?,?,?,?,(SELECT generation FROM state),?,?,?,?,?,?,?,?)`,
    ),
    update: database.query<{ seq: number }, (string | number | null)[]>(
      `UPDATE responses SET fields = ?, policy = ?, version = ?, spentAt = ?, footprint = ? WHERE id = ? RETURNING seq`,
    ),
    setPolicy: database.query<never, [string, number | null, number]>(
      "UPDATE responses SET policy = ?, spentAt = ? WHERE seq = ?",
    ),
    markUsed: database.query<never, [number, number, string]>(
      "UPDATE responses SET used = 1, lastUsedAt = ?, hits = hits + ? WHERE id = ?",
    ),
    markVerified: database.query<never, [number, string]>(
      "UPDATE responses SET modifiedAt = ?, generation = (SELECT generation FROM state) WHERE id = ?",
    ),
    removeId: database.query<RemovedRow, [string]>("DELETE FROM responses WHERE id = ? RETURNING id, inFile"),
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
