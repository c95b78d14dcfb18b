import type { ContentRange } from "../../rules/content-range.ts";
import { isSameRepresentation } from "../../rules/pieces.ts";
import type { Entrance } from "../disk/entrance.ts";
import type { Keeper } from "../disk/keeper.ts";
import type { Room } from "../disk/room.ts";
import type { PartialRow } from "../disk/row.ts";
import type { NewResponse, PartialFound, PieceStore, Trouble } from "../tier.ts";
import { createWriter, toStoreError } from "../writer.ts";
import type { PieceMerger } from "./merger.ts";
import { createPieceEntry, type PieceEntryOptions } from "./piece-entry.ts";
import { createSparse, openFound, type PieceFile } from "./piece-files.ts";
import { createPieceSink } from "./piece-sink.ts";
import type { PieceVerifier } from "./verifier.ts";

export interface PieceWriteOptions extends PieceEntryOptions {
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

/** `PieceStore.write`. */
export function createPieceWrite(options: PieceWriteOptions): PieceStore["write"] {
  const { bodies, keeper, room, entrance, verifier, merger } = options;
  const { newId, isClosed, toFound, onTrouble } = options;
  const enter = createPieceEntry(options);

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
        const row = await enter({ entry, held, size, piece, taken });
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
