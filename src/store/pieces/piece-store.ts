import type { ContentRange } from "../../rules/content-range.ts";
import { isSameRepresentation } from "../../rules/pieces.ts";
import type { Part } from "../../rules/range.ts";
import type { Damage } from "../disk/body-check.ts";
import type { BodyFiles } from "../disk/body-files.ts";
import type { HeardRemovals } from "../disk/heard-removals.ts";
import type { Keeper } from "../disk/keeper.ts";
import type { Room } from "../disk/room.ts";
import type { PartialRow } from "../disk/row.ts";
import type { Order } from "../order.ts";
import type { Removals } from "../removals.ts";
import { createPieceMerger } from "./merger.ts";
import { createPieceEntry } from "./piece-entry.ts";
import { createSparse, openFound, openPieceReader, type PieceFile } from "./piece-files.ts";
import { createPieceSink } from "./piece-sink.ts";
import { createPieceVerifier } from "./verifier.ts";
import {
  type NewResponse,
  newestFirst,
  type PartialFound,
  type PieceStore,
  type StoredResponse,
  StoreError,
  type Trouble,
} from "../tier.ts";
import { createWriter, toStoreError } from "../writer.ts";

export interface PieceStoreOptions {
  /** Responses held in part, as the index has them. Throws what SQLite says. */
  readonly find: (primaryKey: string) => readonly PartialRow[];
  readonly bodies: BodyFiles;
  readonly keeper: Keeper;
  readonly room: Room;
  readonly heard: HeardRemovals;
  /** A removal reaches pieces on their way in as well. */
  readonly removals: Removals;
  readonly maxBytes: number;
  readonly now: () => number;
  readonly order: Order;
  readonly newId: () => string;
  readonly onUsed: (row: PartialRow) => void;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly onDamage: (response: StoredResponse, code: Damage, what: string) => void;
}

/**
 * Responses of which pieces are held, in one sparse file each. A piece is committed by itself, not with others: there
 * are few of them beside the bytes they bring.
 */
export function createPieceStore(options: PieceStoreOptions): PieceStore & { close(): Promise<void> } {
  const { bodies, keeper, room, heard, removals, maxBytes, now, order, newId } = options;
  const { onUsed, onTrouble, onDamage } = options;
  const verifier = createPieceVerifier({ bodies, onTrouble, onDamage });
  const merger = createPieceMerger({ bodies, keeper, verifier, onTrouble });
  const enter = createPieceEntry({ bodies, keeper, heard, now, order });
  let closed = false;

  function toFound({ response, pieces }: PartialRow): PartialFound {
    return { response, pieces, path: bodies.path(response.id) };
  }

  function isIntact({ response }: PartialRow): boolean {
    const found = bodies.look(response.id)?.size;
    if (found === response.size) return true;
    if (found === undefined) onDamage(response, "MISSING_BODY", "is missing");
    else onDamage(response, "WRONG_SIZE", `has ${found} bytes instead of ${response.size}`);
    return false;
  }

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
    if (closed) return;
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
        if (closed) throw new StoreError("CLOSED", "the store is closed");
        if (removals.concernSince(entry, entry.askedAt)) {
          throw new StoreError("OVERTAKEN", "removed while it was on its way");
        }
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

  function refuse({ primaryKey, variantKey }: NewResponse, size: number): void {
    if (closed) throw new StoreError("CLOSED", "the store is closed");
    if (!primaryKey.isWellFormed() || !variantKey.isWellFormed()) {
      throw new StoreError("BAD_KEY", "a key with a lone surrogate cannot be kept in the index");
    }
    if (size > maxBytes) throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
  }

  return {
    async find(primaryKey) {
      if (closed || !primaryKey.isWellFormed()) return [];
      try {
        const rows = options.find(primaryKey).filter(isIntact);
        for (const row of rows) {
          order.follow(row.response.version);
          onUsed(row);
          merger.mergeLater(row);
        }
        return newestFirst(rows.map(toFound));
      } catch (error) {
        onTrouble(toStoreError(error, "the disk cache could not be read"));
        return [];
      }
    },

    async confirm({ response, pieces }, wanted) {
      for (const piece of pieces) {
        if (wanted.some((part) => overlap(piece, part)) && !(await verifier.verify(response, piece)))
          return false;
      }
      return true;
    },

    open: ({ response }) => openPieceReader(bodies, response.id, onTrouble),

    async write(entry, range, previous) {
      refuse(entry, range.end - range.start);
      try {
        const held = await fileFor(entry, range, previous);
        return createWriter<PartialFound>(sinkInto(held, entry, range), undefined);
      } catch (error) {
        throw toStoreError(error, "a piece could not be kept");
      }
    },

    async freshen(previous, fields, policy, variantKey = previous.variantKey) {
      try {
        const freshening = { fields, policy, variantKey, version: order.next() };
        const freshened = await keeper.changePieces({ change: "freshen", id: previous.id, freshening });
        return freshened?.outcome === "entered" ? toFound(freshened.row) : undefined;
      } catch (error) {
        throw toStoreError(error, "a response could not be freshened");
      }
    },

    async close() {
      closed = true;
      await merger.close();
    },
  };
}

function overlap(one: Part, other: Part): boolean {
  return one.start < other.end && other.start < one.end;
}
