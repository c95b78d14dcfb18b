import type { Database } from "bun:sqlite";
import type { Trouble } from "../tier.ts";
import { decodePartial, decodeResponse, type PartialColumns } from "./decoding.ts";
import { fileAt, watchIndexFiles } from "./index-files.ts";
import { indexPath } from "./index-format.ts";
import { openToRead } from "./reading-connection.ts";
import type { PartialRow, Row, RowBody } from "./row.ts";

/** All that is stored under one key. */
export interface RowsOfKey {
  readonly complete: readonly Row[];
  readonly partial: readonly PartialRow[];
}

/**
 * The index as those have it who only read: a connection of their own, which waits for nobody who writes. Every call may
 * throw what SQLite says.
 */
export interface IndexReader {
  find(primaryKey: string): RowsOfKey;
  totals(): { readonly bytes: number; readonly objects: number };
  /** Of rows whose bodies are known to be right: see `RowBody`. */
  generation(): number;
  /** The number of the last removal that was carried out. */
  lastRemoval(): number;
  /** False when the file it reads is not the one at its path any more: somebody has replaced or removed it. */
  isCurrent(): boolean;
  /** Does not throw. */
  close(): void;
}

export interface IndexReaderOptions {
  /** The cache directory. */
  readonly directory: string;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
  /** The row with that id is not one that was written here. */
  readonly onUnreadable: (id: string, error: unknown) => void;
}

interface StoredRow extends PartialColumns {
  readonly checksum: string;
  readonly inFile: number;
  readonly modifiedAt: number;
  readonly generation: number;
  readonly pieces: string | null;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const columns =
  "id, size, version, lastUsedAt, used, status, checksum, inFile, modifiedAt, generation, variantKey, policy, fields, pieces, body";

/** Throws a `StoreError` when there is no index of this format that could be read, or when it is about to be replaced. */
export function openIndexReader(options: IndexReaderOptions): IndexReader {
  const { directory, now, onTrouble, onUnreadable } = options;
  const path = indexPath(directory);
  const { database, findKey, readTotals, readState } = openToRead(path, prepare);
  const opened = fileAt(path)?.ino;
  const files = watchIndexFiles(path, now, onTrouble);

  function sorted(primaryKey: string, stored: readonly StoredRow[]): RowsOfKey {
    const complete: Row[] = [];
    const partial: PartialRow[] = [];
    for (const row of stored) {
      try {
        if (row.pieces === null) complete.push(completeOf(primaryKey, row));
        else partial.push(decodePartial(primaryKey, row, row.pieces));
      } catch (error) {
        onUnreadable(row.id, error);
      }
    }
    return { complete, partial };
  }

  return {
    find(primaryKey) {
      files.mend();
      const stored = findKey.all(primaryKey);
      return stored.length === 0 ? nothing : sorted(primaryKey, stored);
    },
    totals() {
      files.mend();
      return readTotals.get() ?? { bytes: 0, objects: 0 };
    },
    generation: () => readState.get()?.generation ?? 0,
    lastRemoval: () => readState.get()?.lastRemoval ?? 0,
    isCurrent: () => opened === fileAt(path)?.ino,
    close() {
      files.close();
      // With its statements, or the files stay open until they are collected.
      database.close(true);
    },
  };
}

const nothing: RowsOfKey = { complete: [], partial: [] };

function prepare(database: Database) {
  return {
    findKey: database.query<StoredRow, [string]>(`SELECT ${columns} FROM responses WHERE primaryKey = ?`),
    readTotals: database.query<{ bytes: number; objects: number }, []>("SELECT bytes, objects FROM state"),
    readState: database.query<{ generation: number; lastRemoval: number }, []>(
      "SELECT generation, lastRemoval FROM state",
    ),
  };
}

function completeOf(primaryKey: string, stored: StoredRow): Row {
  const { lastUsedAt, checksum } = stored;
  const response = decodeResponse(primaryKey, stored);
  return { response, checksum, body: bodyOf(stored), lastUsedAt, used: stored.used === 1 };
}

function bodyOf({ inFile, modifiedAt, generation, body }: StoredRow): RowBody | null {
  if (inFile === 1) return { kind: "file", modifiedAt, generation };
  return body instanceof Uint8Array ? { kind: "memory", bytes: body } : null;
}
