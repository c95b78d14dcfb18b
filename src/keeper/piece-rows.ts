import type { Database } from "bun:sqlite";
import { isSameRepresentation } from "../rules/pieces.ts";
import type { BodyFiles } from "../store/disk/body-files.ts";
import { decodePartial, type PartialColumns } from "../store/disk/decoding.ts";
import type { Freshening, PieceChange, PieceOutcome } from "../store/disk/keeper.ts";
import { type PartialRow, spentAt } from "../store/disk/row.ts";
import type { Piece } from "../store/tier.ts";
import { footprint } from "./footprint.ts";
import type { RowNumbers } from "./row-numbers.ts";
import { prepareTags, type Tags } from "./tags.ts";
import type { RemovedRow, Variants } from "./variants.ts";

/** The row with that id is not one that was written here: to be told of and removed. */
export type OnUnreadable = (id: string, error: unknown) => void;

/**
 * Changes a row with pieces; undefined where the response has gone, or there is nothing to tell. To be called in a
 * transaction; rows that had to go are added to `removed`.
 */
export type ChangePieceRows = (change: PieceChange, removed: RemovedRow[]) => PieceOutcome | undefined;

/** What it takes to write rows with pieces. */
interface PieceTables {
  readonly statements: ReturnType<typeof prepareStatements>;
  readonly tags: Tags;
  readonly numbers: RowNumbers;
  readonly variants: Variants;
  readonly bodies: Pick<BodyFiles, "look">;
  readonly onUnreadable: OnUnreadable;
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
  numbers: RowNumbers,
  bodies: Pick<BodyFiles, "look">,
  onUnreadable: OnUnreadable,
): ChangePieceRows {
  const statements = prepareStatements(database);
  const tables = { statements, tags: prepareTags(database), numbers, variants, bodies, onUnreadable };

  return function changePieceRows(change, removed) {
    if (change.change === "insert") return insert(tables, change, removed);
    const row = decoded(statements.findId.get(change.id), onUnreadable);
    if (row === undefined) {
      return change.change === "add" ? refused("the response it is a piece of is gone") : undefined;
    }
    switch (change.change) {
      case "add":
        return add(tables, row, change.piece);
      case "freshen":
        return freshen(tables, row, change.freshening, removed);
      case "merge":
        merge(tables, row, change.parts, change.merged);
        return undefined;
      case "complete":
        setPieces(tables, row, [{ start: 0, end: row.response.size, checksum: change.checksum }]);
        statements.setComplete.run(change.checksum, change.modifiedAt, change.id);
        return undefined;
      case "weigh":
        setPieces(tables, row, row.pieces);
        return undefined;
    }
  };
}

type Insertion = Extract<PieceChange, { change: "insert" }>;

function insert(
  tables: PieceTables,
  { response, piece, now }: Insertion,
  removed: RemovedRow[],
): PieceOutcome {
  const { statements, tags, numbers, variants, onUnreadable } = tables;
  const { id, primaryKey, variantKey, size, version, status, fields, policy } = response;
  const stored = statements.findVariant.get(primaryKey, variantKey);
  if (stored !== null && stored.pieces === null) return refused("a complete response is stored");
  const former = decoded(stored, onUnreadable);
  if (former !== undefined && isSameRepresentation(former.response, response)) {
    return { outcome: "belongs", row: former };
  }
  if (former !== undefined) removed.push(...statements.removeId.all(former.response.id));
  const row = { response, pieces: [piece], lastUsedAt: now, used: false };
  const bytes = footprintOf(row, tables);
  const seq = numbers.next();
  statements.insertRow.run(
    ...[id, primaryKey, variantKey, size, version, status, JSON.stringify(policy)],
    ...[JSON.stringify(fields), JSON.stringify(row.pieces), now, spentAt(policy), bytes, seq],
  );
  statements.countInserted.run(bytes);
  tags.add(seq, policy.tags);
  removed.push(...variants.removeExcess(primaryKey));
  return { outcome: "entered", row };
}

function add(tables: PieceTables, row: PartialRow, piece: Piece): PieceOutcome {
  if (row.pieces.some((held) => contains(held, piece))) return { outcome: "entered", row };
  const others = row.pieces.filter((held) => !contains(piece, held));
  if (others.length >= mostPieces) return refused(`there are ${mostPieces} pieces already`);
  return { outcome: "entered", row: setPieces(tables, row, [...others, piece]) };
}

function merge(tables: PieceTables, row: PartialRow, parts: readonly Piece[], merged: Piece): void {
  const others = row.pieces.filter((held) => !parts.some((part) => isSamePiece(part, held)));
  if (others.length === row.pieces.length - parts.length) setPieces(tables, row, [...others, merged]);
}

/** The row goes where a complete response has the variant key that it would have. */
function freshen(
  tables: PieceTables,
  former: PartialRow,
  changes: Freshening,
  removed: RemovedRow[],
): PieceOutcome | undefined {
  const { statements, tags } = tables;
  const row = { ...former, response: { ...former.response, ...changes } };
  const { id, primaryKey, fields, policy, variantKey, version } = row.response;
  const inTheWay = statements.findVariant.get(primaryKey, variantKey);
  if (inTheWay !== null && inTheWay.id !== id) {
    const isComplete = inTheWay.pieces === null;
    removed.push(...statements.removeId.all(isComplete ? id : inTheWay.id));
    if (isComplete) return undefined;
  }
  const updated = statements.updateFields.get(
    ...[JSON.stringify(fields), JSON.stringify(policy), variantKey, version, spentAt(policy)],
    ...[footprintOf(row, tables), id],
  );
  if (updated !== null) tags.replace(updated.seq, policy.tags);
  return { outcome: "entered", row };
}

function setPieces(tables: PieceTables, former: PartialRow, pieces: readonly Piece[]): PartialRow {
  const row = { ...former, pieces: inOrder(pieces) };
  const text = JSON.stringify(row.pieces);
  tables.statements.updatePieces.run(text, footprintOf(row, tables), row.response.id);
  return row;
}

/** Undefined where it has gone, is complete, or unreadable. */
function decoded(stored: StoredRow | null, onUnreadable: OnUnreadable): PartialRow | undefined {
  if (stored === null || stored.pieces === null) return undefined;
  try {
    return decodePartial(stored.primaryKey, stored, stored.pieces);
  } catch (error) {
    onUnreadable(stored.id, error);
    return undefined;
  }
}

/** Holes take no room, but what pieces have left that were not entered does. */
function footprintOf({ response, pieces }: PartialRow, { bodies }: PieceTables): number {
  const held = pieces.reduce((sum, { start, end }) => sum + (end - start), 0);
  const size = Math.max(Math.min(held, response.size), bodies.look(response.id)?.taken ?? 0);
  const lists = JSON.stringify([response.fields, pieces]);
  const { primaryKey, variantKey, policy } = response;
  return footprint({ size, primaryKey, variantKey, policy: JSON.stringify(policy), fields: lists }, true);
}

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
      `INSERT INTO responses (${columns}, checksum, inFile, modifiedAt, generation, spentAt, footprint, seq)
       VALUES (?,?,?,?,?,?,?,?,?,?,0,'',1,0,0,?,?,?)`,
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
