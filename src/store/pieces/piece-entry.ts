import type { BodyFiles } from "../disk/body-files.ts";
import type { HeardRemovals } from "../disk/heard-removals.ts";
import type { DiskSpace, Keeper, PieceOutcome } from "../disk/keeper.ts";
import type { PartialRow } from "../disk/row.ts";
import type { Order } from "../order.ts";
import { type NewResponse, type Piece, StoreError, storedAs } from "../tier.ts";
import { openFound, type PieceFile } from "./piece-files.ts";
import { copyPart } from "./piece-sink.ts";

export interface PieceEntryOptions {
  readonly bodies: BodyFiles;
  readonly keeper: Pick<Keeper, "changePieces">;
  readonly heard: Pick<HeardRemovals, "removalBefore">;
  readonly now: () => number;
  readonly order: Pick<Order, "next">;
}

/** A piece that lies in its file, and is to be findable. */
export interface WrittenPiece {
  readonly entry: NewResponse;
  readonly held: PieceFile;
  /** Of the whole. */
  readonly size: number;
  readonly piece: Piece;
  readonly taken: DiskSpace;
}

/** Has the keeper enter pieces. Rejects with a `StoreError` where one cannot be. */
export function createPieceEntry(options: PieceEntryOptions): (written: WrittenPiece) => Promise<PartialRow> {
  const { bodies, keeper, heard, now, order } = options;

  /** The file's first piece that anybody knows of. */
  async function enterFirst({ entry, held, size, piece, taken }: WrittenPiece): Promise<PieceOutcome> {
    const { id, file } = held;
    const response = storedAs(entry, id, size, order.next());
    bodies.placeTemporary(id);
    let outcome: PieceOutcome | undefined;
    try {
      const afterRemoval = heard.removalBefore(entry.askedAt);
      outcome = await keeper.changePieces({
        change: "insert",
        ...{ response, piece, now: now(), afterRemoval, taken },
      });
    } finally {
      if (outcome?.outcome !== "entered") bodies.dispose([id]);
    }
    if (outcome === undefined) return goneMeanwhile;
    if (outcome.outcome !== "belongs") return outcome;
    const owner = outcome.row.response.id;
    const target = await openFound(bodies, owner, "r+");
    try {
      await copyPart(file, target, piece);
    } finally {
      await target.close();
    }
    // With the room of its own file, which goes: the worker hands over all that the piece has taken.
    return await enterNext(owner, piece, taken);
  }

  async function enterNext(id: string, piece: Piece, taken: DiskSpace): Promise<PieceOutcome> {
    return (await keeper.changePieces({ change: "add", id, piece, taken })) ?? goneMeanwhile;
  }

  return async function enter(written) {
    const { held, piece, taken } = written;
    const outcome = held.isNew ? await enterFirst(written) : await enterNext(held.id, piece, taken);
    if (outcome.outcome === "entered") return outcome.row;
    const why =
      outcome.outcome === "refused" ? outcome.why : "the pieces it belongs to were removed meanwhile";
    throw new StoreError("OVERTAKEN", why);
  };
}

const goneMeanwhile: PieceOutcome = { outcome: "refused", why: "the response it is a piece of is gone" };
