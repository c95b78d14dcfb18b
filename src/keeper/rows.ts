import type { Database } from "bun:sqlite";
import { primaryKey as primaryKeyOf } from "../rules/cache-key.ts";
import { decodeResponse, type ResponseColumns } from "../store/disk/decoding.ts";
import { spentAt } from "./eviction.ts";
import { footprint } from "./footprint.ts";
import type { Gone, Variants } from "./variants.ts";
import type { Piece, Selector, StoredResponse } from "../store/tier.ts";

/** Where the body of a response lies: a small one in its row. */
export type RowBody =
  | { readonly kind: "memory"; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: "file";
      /** That of the body's file when it was known to be right. */
      readonly modifiedAt: number;
      /** When it was known to be right: the number grows with each start after an end that was not orderly. */
      readonly generation: number;
    };

/** A complete response as the index knows it; of others see index/piece-rows.ts. */
export interface Row {
  readonly response: StoredResponse;
  /** See disk/checksum.ts. */
  readonly checksum: string;
  /** Null when it should lie in the row, and does not. */
  readonly body: RowBody | null;
  readonly lastUsedAt: number;
  /** Used since the hand of eviction passed: see index/eviction.ts. */
  readonly used: boolean;
}

/** A row that is not in the index yet. */
export interface NewRow extends Row {
  /** The number of the last removal before the response began: see index/removals.ts. */
  readonly afterRemoval: number;
}

/** What one grouped commit brings. Updates and uses of rows that are gone change nothing. */
export interface Changes {
  /** Responses whose body is at hand or lies in its place, each instead of any other with its keys. */
  readonly inserts: readonly NewRow[];
  /** Freshened responses. */
  readonly updates: readonly Row[];
  /** Instants of the last use, by id. */
  readonly uses: ReadonlyMap<string, number>;
  /** Bodies that were compared with their checksum: by id, when their file was last written to. */
  readonly verified: ReadonlyMap<string, number>;
}

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

/** The row with that id is not one that was written here: to be told of and removed. */
export type OnUnreadable = (id: string, error: unknown) => void;

/** The last row there was, and the largest version, when a removal was made: it concerns nothing beyond. */
export interface RowLimit {
  readonly seq: number;
  readonly version: number;
}

export interface Rows {
  /** Whether there is any row under the key, complete or not, and the number of the last removal: see index/removals.ts. */
  look(primaryKey: string): { readonly isThere: boolean; readonly lastRemoval: number };
  find(primaryKey: string): Row[];
  has(id: string): boolean;
  /** Returns the rows that are no longer in the index. Call it in a transaction. */
  apply(changes: Changes): Gone[];
  /** Removes at most `limit` rows, none beyond those. */
  removeSelected(selector: Selector, upTo: RowLimit, limit: number): Gone[];
  /** Nothing when it was not there. */
  removeId(id: string): Gone[];
  lastSeq(): number;
  /** The next rows in the order of `seq`, with what their bodies should be. */
  rowsAfter(seq: number, limit: number): InspectedRow[];
  /** Of the next rows in the order of `seq` whose bodies lie in files. */
  idsInFilesAfter(seq: number, limit: number): { readonly seq: number; readonly id: string }[];
}

interface StoredRow extends ResponseColumns {
  readonly lastUsedAt: number;
  readonly used: number;
  readonly checksum: string;
  readonly inFile: number;
  readonly modifiedAt: number;
  readonly generation: number;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const columns =
  "id, size, version, lastUsedAt, used, status, checksum, inFile, modifiedAt, generation, variantKey, policy, fields, body";
/** No UTF-8 text has the byte FF, so this is every key that begins with a text (given twice), by way of the index. */
const withPrefix = "primaryKey >= ? AND primaryKey < ? || CAST(x'ff' AS TEXT)";
/** Every key of a host, or where it is null (given twice) of every one: see rules/cache-key. */
const ofHost = "(? IS NULL OR substr(primaryKey, instr(primaryKey, ' ') + 1) = ?)";

export function prepareRows(database: Database, variants: Variants, onUnreadable: OnUnreadable): Rows {
  // One statement where there are three questions: each begins and ends a transaction, which costs more than to answer.
  const lookAt = database.query<{ isThere: number; lastRemoval: number | null }, [string]>(
    `SELECT EXISTS (SELECT 1 FROM responses WHERE primaryKey = ?) AS isThere,
       (SELECT max(number) FROM removals) AS lastRemoval`,
  );
  const findKey = database.query<StoredRow, [string]>(
    `SELECT ${columns} FROM responses WHERE primaryKey = ? AND pieces IS NULL`,
  );
  const findId = database.query<{ seq: number }, [string]>("SELECT seq FROM responses WHERE id = ?");
  const removeVariant = database.query<Gone, [string, string]>(
    "DELETE FROM responses WHERE primaryKey = ? AND variantKey = ? RETURNING id, inFile",
  );
  const countInserted = database.query<never, [number, number, number]>(
    "UPDATE state SET bytes = bytes + ?, objects = objects + ?, files = files + ?",
  );
  const insert = database.query<never, (string | number | null | Uint8Array)[]>(
    `INSERT INTO responses (${columns}, primaryKey, spentAt, footprint) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  );
  const update = database.query<{ seq: number }, (string | number | null)[]>(
    `UPDATE responses SET fields = ?, policy = ?, version = ?, spentAt = ?, footprint = ? WHERE id = ? RETURNING seq`,
  );
  const markUsed = database.query<never, [number, string]>(
    "UPDATE responses SET used = 1, lastUsedAt = ? WHERE id = ?",
  );
  const markVerified = database.query<never, [number, string]>(
    "UPDATE responses SET modifiedAt = ?, generation = (SELECT generation FROM state) WHERE id = ?",
  );
  const addGroup = database.query<never, [string, number]>("INSERT OR IGNORE INTO groups VALUES (?, ?)");
  const removeGroups = database.query<never, [number]>("DELETE FROM groups WHERE seq = ?");
  const removeId = database.query<Gone, [string]>("DELETE FROM responses WHERE id = ? RETURNING id, inFile");
  const lastSeq = database.query<{ seq: number | null }, []>("SELECT max(seq) AS seq FROM responses");
  const idsInFilesAfter = database.query<{ seq: number; id: string }, [number, number]>(
    "SELECT seq, id FROM responses WHERE inFile = 1 AND seq > ? ORDER BY seq LIMIT ?",
  );

  const inspected = database.query<
    Omit<InspectedRow, "pieces"> & { readonly pieces: string | null },
    [number, number]
  >(
    `SELECT seq, id, primaryKey, size, footprint, checksum, pieces, inFile, body FROM responses
       WHERE seq > ? ORDER BY seq LIMIT ?`,
  );

  /** Returns the bytes it adds; what it removes goes to `removed`. */
  function insertRow({ response, checksum, body, lastUsedAt, used }: Row, removed: Gone[]): number {
    const { primaryKey, variantKey, id, size, status, version, fields, policy } = response;
    const [policyText, fieldsText] = [JSON.stringify(policy), JSON.stringify(fields)];
    const bytes = footprint(response, isInFile(body), policyText, fieldsText);
    const [bodyBytes, modifiedAt, generation] =
      body?.kind === "file" ? [null, body.modifiedAt, body.generation] : [body?.bytes ?? null, 0, 0];
    const others = variants.count(primaryKey);
    if (others > 0) removed.push(...removeVariant.all(primaryKey, variantKey));
    const { lastInsertRowid } = insert.run(
      ...[id, size, version, lastUsedAt, used ? 1 : 0, status, checksum, isInFile(body) ? 1 : 0],
      ...[modifiedAt, generation, variantKey, policyText, fieldsText, bodyBytes],
      ...[primaryKey, spentAt(policy), bytes],
    );
    for (const group of policy.groups) addGroup.run(group, Number(lastInsertRowid));
    if (others >= variants.most) removed.push(...variants.removeExcess(primaryKey));
    return bytes;
  }

  function updateRow({ response, body }: Row): void {
    const { fields, policy, version, id } = response;
    const [policyText, fieldsText] = [JSON.stringify(policy), JSON.stringify(fields)];
    const bytes = footprint(response, isInFile(body), policyText, fieldsText);
    const updated = update.get(fieldsText, policyText, version, spentAt(policy), bytes, id);
    if (updated === null) return;
    removeGroups.run(updated.seq);
    for (const group of policy.groups) addGroup.run(group, updated.seq);
  }

  function decode(primaryKey: string, stored: StoredRow): Row | undefined {
    const { id, lastUsedAt, checksum } = stored;
    try {
      const response = decodeResponse(primaryKey, stored);
      return { response, checksum, body: bodyOf(stored), lastUsedAt, used: stored.used === 1 };
    } catch (error) {
      onUnreadable(id, error);
      return undefined;
    }
  }

  return {
    look(primaryKey) {
      const looked = lookAt.get(primaryKey);
      return { isThere: looked?.isThere === 1, lastRemoval: looked?.lastRemoval ?? 0 };
    },
    find: (primaryKey) => findKey.all(primaryKey).flatMap((stored) => decode(primaryKey, stored) ?? []),
    has: (id) => findId.get(id) !== null,
    apply({ inserts, updates, uses, verified }) {
      const removed: Gone[] = [];
      let [bytes, files] = [0, 0];
      // Before what comes, which may find no room among the variants in use.
      for (const [id, usedAt] of uses) markUsed.run(usedAt, id);
      for (const row of inserts) {
        bytes += insertRow(row, removed);
        if (isInFile(row.body)) files++;
      }
      countInserted.run(bytes, inserts.length, files);
      updates.forEach(updateRow);
      for (const [id, modifiedAt] of verified) markVerified.run(modifiedAt, id);
      return removed;
    },
    removeSelected(selector, { seq, version }, limit) {
      const { where, values } = condition(selector);
      const statement = database.query<Gone, (string | number | null)[]>(
        `DELETE FROM responses WHERE seq IN
           (SELECT seq FROM responses WHERE ${where} AND version <= ? AND seq <= ? LIMIT ?) RETURNING id, inFile`,
      );
      // The last one goes last: while it is there, no row that comes meanwhile gets the number of one that went.
      const removed = statement.all(...values, version, seq - 1, limit);
      return removed.length < limit ? [...removed, ...statement.all(...values, version, seq, 1)] : removed;
    },
    removeId: (id) => removeId.all(id),
    lastSeq: () => lastSeq.get()?.seq ?? 0,
    idsInFilesAfter: (seq, limit) => idsInFilesAfter.all(seq, limit),
    rowsAfter: (seq, limit) =>
      inspected.all(seq, limit).map((row) => ({
        ...row,
        pieces: row.pieces === null ? null : (JSON.parse(row.pieces) as Piece[]),
      })),
  };
}

function condition(selector: Selector): { where: string; values: (string | null)[] } {
  switch (selector.by) {
    case "key":
      return { where: "primaryKey = ?", values: [selector.primaryKey] };
    case "variant":
      return {
        where: "primaryKey = ? AND variantKey = ?",
        values: [selector.primaryKey, selector.variantKey],
      };
    case "target": {
      const beginning = primaryKeyOf({ target: selector.target, host: "" });
      return { where: withPrefix, values: [beginning, beginning] };
    }
    case "prefix": {
      const { targetPrefix, host } = selector;
      return { where: `${withPrefix} AND ${ofHost}`, values: [targetPrefix, targetPrefix, host, host] };
    }
    case "group":
      return {
        where: `seq IN (SELECT seq FROM groups WHERE name = ?) AND ${ofHost}`,
        values: [selector.group, selector.host, selector.host],
      };
    case "all":
      return { where: "TRUE", values: [] };
  }
}

/** Whether the body takes a file beside the row. */
export function isInFile(body: RowBody | null): boolean {
  return body?.kind === "file";
}

function bodyOf({ inFile, modifiedAt, generation, body }: StoredRow): RowBody | null {
  if (inFile === 1) return { kind: "file", modifiedAt, generation };
  return body instanceof Uint8Array ? { kind: "memory", bytes: body } : null;
}
