import type { Database } from "bun:sqlite";
import { isSameRepresentation } from "../rules/pieces.ts";
import type { BodyFiles } from "../store/disk/body-files.ts";
import { decodePartial, type PartialColumns } from "../store/disk/decoding.ts";
import type { PieceOutcome, Freshening } from "../store/disk/keeper.ts";
import { type PartialRow, spentAt } from "../store/disk/row.ts";
import type { Piece, StoredResponse } from "../store/tier.ts";
import { footprint } from "./footprint.ts";
import { prepareGroups } from "./groups.ts";
import type { RemovedRow, Variants } from "./variants.ts";

/** The row with that id is not one that was written here: to be told of and removed. */
export type OnUnreadable = (id: string, error: unknown) => void;

/** Rows with pieces. Each call is to be made in a transaction; rows that had to go are added to `removed`. */
export interface PieceRows {
  /** A first piece, with the response it is of. */
  insert(response: StoredResponse, piece: Piece, now: number, removed: RemovedRow[]): PieceOutcome;
  /** One more piece of the response with that id. */
  add(id: string, piece: Piece): PieceOutcome;
  /** `merged` instead of `parts`, if these are all there still. */
  merge(id: string, parts: readonly Piece[], merged: Piece): void;
  /** The response is complete: one like any other. Nothing when it has gone. */
  complete(id: string, checksum: string, modifiedAt: number): void;
  /** Counts anew what the file of the response takes. */
  weigh(id: string): void;
  /** Nothing when it has gone, or goes because a complete response has the variant key that it would have. */
  freshen(id: string, changes: Freshening, removed: RemovedRow[]): PartialRow | undefined;
}

/** Beyond so many, a further one is not kept: their list is read at every look-up. */
const mostPieces = 256;

interface StoredRow extends PartialColumns {
  readonly primaryKey: string;
  readonly pieces: string | null;
}

const columns = "id, primaryKey, variantKey, size, version, status, policy, fields, pieces, lastUsedAt, used";

export function preparePieceRows(
  database: Database,
  variants: Variants,
  bodies: Pick<BodyFiles, "look">,
  onUnreadable: OnUnreadable,
): PieceRows {
  const statements = prepareStatements(database);
  const groups = prepareGroups(database);

  function decode(stored: StoredRow | null): PartialRow | undefined {
    return stored === null ? undefined : decoded(stored, onUnreadable);
  }

  /** Undefined where it has gone, or is complete. */
  function partialRow(id: string): PartialRow | undefined {
    return decode(statements.findId.get(id));
  }

  function setPieces(former: PartialRow, pieces: readonly Piece[]): PartialRow {
    const row = { ...former, pieces: inOrder(pieces) };
    statements.updatePieces.run(JSON.stringify(row.pieces), footprintOf(row, bodies), row.response.id);
    return row;
  }

  return {
    insert(response, piece, now, removed) {
      const { primaryKey, variantKey, policy } = response;
      const stored = statements.findVariant.get(primaryKey, variantKey);
      if (stored !== null && stored.pieces === null) return refused("a complete response is stored");
      const former = decode(stored);
      if (former !== undefined && isSameRepresentation(former.response, response)) {
        return { outcome: "belongs", row: former };
      }
      if (former !== undefined) removed.push(...statements.removeId.all(former.response.id));
      const row = { response, pieces: [piece], lastUsedAt: now, used: false };
      groups.add(enter(statements, row, footprintOf(row, bodies)), policy.groups);
      removed.push(...variants.removeExcess(primaryKey));
      return { outcome: "entered", row };
    },

    add(id, piece) {
      const row = partialRow(id);
      if (row === undefined) return refused("the response it is a piece of is gone");
      if (row.pieces.some((held) => contains(held, piece))) return { outcome: "entered", row };
      const others = row.pieces.filter((held) => !contains(piece, held));
      if (others.length >= mostPieces) return refused(`there are ${mostPieces} pieces already`);
      return { outcome: "entered", row: setPieces(row, [...others, piece]) };
    },

    merge(id, parts, merged) {
      const row = partialRow(id);
      if (row === undefined) return;
      const others = row.pieces.filter((held) => !parts.some((part) => isSamePiece(part, held)));
      if (others.length === row.pieces.length - parts.length) setPieces(row, [...others, merged]);
    },

    complete(id, checksum, modifiedAt) {
      const row = partialRow(id);
      if (row === undefined) return;
      setPieces(row, [{ start: 0, end: row.response.size, checksum }]);
      statements.setComplete.run(checksum, modifiedAt, id);
    },

    weigh(id) {
      const row = partialRow(id);
      if (row !== undefined) setPieces(row, row.pieces);
    },

    freshen(id, changes, removed) {
      const former = partialRow(id);
      if (former === undefined) return undefined;
      const row = { ...former, response: { ...former.response, ...changes } };
      const { primaryKey, fields, policy, variantKey, version } = row.response;
      const inTheWay = statements.findVariant.get(primaryKey, variantKey);
      if (inTheWay !== null && inTheWay.id !== id) {
        const isComplete = inTheWay.pieces === null;
        removed.push(...statements.removeId.all(isComplete ? id : inTheWay.id));
        if (isComplete) return undefined;
      }
      const updated = statements.updateFields.get(
        ...[JSON.stringify(fields), JSON.stringify(policy), variantKey, version, spentAt(policy)],
        ...[footprintOf(row, bodies), id],
      );
      if (updated !== null) groups.replace(updated.seq, policy.groups);
      return row;
    },
  };
}

/** Undefined where it is complete, or unreadable. */
function decoded(stored: StoredRow, onUnreadable: OnUnreadable): PartialRow | undefined {
  if (stored.pieces === null) return undefined;
  try {
    return decodePartial(stored.primaryKey, stored, stored.pieces);
  } catch (error) {
    onUnreadable(stored.id, error);
    return undefined;
  }
}

/** Holes take no room, but what pieces have left that were not entered does. */
function footprintOf({ response, pieces }: PartialRow, bodies: Pick<BodyFiles, "look">): number {
  const held = pieces.reduce((sum, { start, end }) => sum + (end - start), 0);
  const size = Math.max(Math.min(held, response.size), bodies.look(response.id)?.taken ?? 0);
  const lists = JSON.stringify([response.fields, pieces]);
  const { primaryKey, variantKey, policy } = response;
  return footprint({ size, primaryKey, variantKey, policy: JSON.stringify(policy), fields: lists }, true);
}

/** Enters a new row that takes so many bytes, and counts it; returns its `seq`. */
function enter(statements: Statements, { response, pieces, lastUsedAt }: PartialRow, bytes: number): number {
  const { id, primaryKey, variantKey, size, version, status, fields, policy } = response;
  const { lastInsertRowid } = statements.insertRow.run(
    ...[id, primaryKey, variantKey, size, version, status, JSON.stringify(policy)],
    ...[JSON.stringify(fields), JSON.stringify(pieces), lastUsedAt, spentAt(policy), bytes],
  );
  statements.countInserted.run(bytes);
  return Number(lastInsertRowid);
}

type Statements = ReturnType<typeof prepareStatements>;

/** Prepared once, as those of complete rows. */
function prepareStatements(database: Database) {
  return {
    findVariant: database.query<StoredRow, [string, string]>(
      `SELECT ${columns} FROM responses WHERE primaryKey = ? AND variantKey = ?`,
    ),
    findId: database.query<StoredRow, [string]>(
      `SELECT ${columns} FROM responses WHERE id = ? AND pieces IS NOT NULL`,
    ),
    removeId: database.query<RemovedRow, [string]>("DELETE FROM responses WHERE id = ? RETURNING id, inFile"),
    insertRow: database.query<never, (string | number | null)[]>(
      `INSERT INTO responses (${columns}, checksum, inFile, modifiedAt, generation, spentAt, footprint)
       VALUES (?,?,?,?,?,?,?,?,?,?,0,'',1,0,0,?,?)`,
    ),
    countInserted: database.query<never, [number]>(
      "UPDATE state SET bytes = bytes + ?, objects = objects + 1, files = files + 1",
    ),
    updatePieces: database.query<never, [string, number, string]>(
      "UPDATE responses SET pieces = ?, footprint = ? WHERE id = ?",
    ),
    updateFields: database.query<{ seq: number }, (string | number | null)[]>(
      "UPDATE responses SET fields = ?, policy = ?, variantKey = ?, version = ?, spentAt = ?, footprint = ? WHERE id = ? RETURNING seq",
    ),
    setComplete: database.query<never, [string, number, string]>(
      `UPDATE responses SET pieces = NULL, checksum = ?, modifiedAt = ?, generation = (SELECT generation FROM state)
       WHERE id = ?`,
    ),
  };
}

function isSamePiece(one: Piece, other: Piece): boolean {
  return one.start === other.start && one.end === other.end && one.checksum === other.checksum;
}

function contains(outer: Piece, inner: Piece): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function inOrder(pieces: readonly Piece[]): Piece[] {
  return [...pieces].sort((one, other) => one.start - other.start || one.end - other.end);
}

function refused(why: string): PieceOutcome {
  return { outcome: "refused", why };
}
