import type { ContentRange } from "../../rules/content-range.ts";
import { isSameRepresentation } from "../../rules/pieces.ts";
import type { BodyFiles } from "../disk/body-files.ts";
import type { Entrance } from "../disk/entrance.ts";
import type { HeardRemovals } from "../disk/heard-removals.ts";
import type { DiskSpace, Keeper, PieceOutcome } from "../disk/keeper.ts";
import type { Room } from "../disk/room.ts";
import type { PartialRow } from "../disk/row.ts";
import type { Order } from "../order.ts";
import {
  type NewResponse,
  type PartialFound,
  type Piece,
  type PieceStore,
  StoreError,
  storedAs,
  type Trouble,
} from "../tier.ts";
import { createWriter, toStoreError } from "../writer.ts";
import type { PieceMerger } from "./merger.ts";
import { createSparse, openFound, type PieceFile } from "./piece-files.ts";
import { copyPart, createPieceSink } from "./piece-sink.ts";
import type { PieceVerifier } from "./verifier.ts";

export interface PieceWriteOptions {
  readonly bodies: BodyFiles;
  readonly heard: Pick<HeardRemovals, "removalBefore">;
  readonly now: () => number;
  readonly order: Pick<Order, "next">;
  readonly keeper: Pick<Keeper, "changePieces">;
  readonly room: Room;
  readonly entrance: Pick<Entrance, "refuse" | "refuseLate">;
  readonly verifier: Pick<PieceVerifier, "trust">;
  readonly merger: Pick<PieceMerger, "mergeLater">;
  readonly newId: () => string;
  readonly isClosed: () => boolean;
  readonly toFound: (row: PartialRow) => PartialFound;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** A piece that lies in its file, and is to be findable. */
interface WrittenPiece {
  readonly entry: NewResponse;
  readonly held: PieceFile;
  /** Of the whole. */
  readonly size: number;
  readonly piece: Piece;
  readonly taken: DiskSpace;
}

/** `PieceStore.write`. */
export function createPieceWrite(options: PieceWriteOptions): PieceStore["write"] {
  const { bodies, keeper, room, entrance, verifier, merger } = options;
  const { newId, isClosed, toFound, onTrouble } = options;

  /** The file of `previous`, where the piece belongs to it, else one of its own. */
  async function fileFor(
    { policy }: NewResponse,
    { size }: ContentRange,
    previous: PartialFound | null,
  ): Promise<PieceFile> {
    if (previous === null || !isSameRepresentation(previous.response, { policy, size })) {
      return await createSparse(bodies, newId(), size);
    }
    const { id } = previous.response;
    return { id, isNew: false, file: await openFound(bodies, id, "r+") };
  }

  function countLeft(id: string): void {
    if (isClosed()) return;
    keeper.changePieces({ change: "weigh", id }).catch((error: unknown) => {
      onTrouble(toStoreError(error, "what a piece has left in its file could not be counted"));
    });
  }

  function sinkInto(held: PieceFile, entry: NewResponse, { start, end, size }: ContentRange) {
    return createPieceSink({
      ...{ room, start, end, onTrouble },
      file: held.file,
      files: held.isNew ? 1 : 0,
      async onWritten(piece, taken) {
        entrance.refuseLate(entry);
        const row = await enter({ entry, held, size, piece, taken }, options);
        verifier.trust(row.response.id, piece);
        merger.mergeLater(row);
        return toFound(row);
      },
      onDiscard() {
        if (held.isNew) bodies.discardTemporary(held.id);
        else countLeft(held.id);
      },
    });
  }

  return async function write(entry, range, previous) {
    entrance.refuse(entry, range.end - range.start);
    try {
      const held = await fileFor(entry, range, previous);
      return createWriter(sinkInto(held, entry, range), undefined);
    } catch (error) {
      throw toStoreError(error, "a piece could not be kept");
    }
  };
}

/** The file's first piece that anybody knows of. */
async function enterFirst(written: WrittenPiece, options: PieceWriteOptions): Promise<PieceOutcome> {
  const { entry, held, size, piece, taken } = written;
  const { bodies, keeper, heard, now, order } = options;
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
  return await enterNext(owner, written, keeper);
}

async function enterNext(
  id: string,
  { piece, taken }: WrittenPiece,
  keeper: PieceWriteOptions["keeper"],
): Promise<PieceOutcome> {
  return (await keeper.changePieces({ change: "add", id, piece, taken })) ?? goneMeanwhile;
}

/** Has the keeper enter it. Rejects with a `StoreError` where it cannot be. */
async function enter(written: WrittenPiece, options: PieceWriteOptions): Promise<PartialRow> {
  const { held } = written;
  const outcome = held.isNew
    ? await enterFirst(written, options)
    : await enterNext(held.id, written, options.keeper);
  if (outcome.outcome === "entered") return outcome.row;
  const why = outcome.outcome === "refused" ? outcome.why : "the pieces it belongs to were removed meanwhile";
  throw new StoreError("OVERTAKEN", why);
}

const goneMeanwhile: PieceOutcome = { outcome: "refused", why: "the response it is a piece of is gone" };
