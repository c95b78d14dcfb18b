import type { FileHandle } from "node:fs/promises";
import type { ContentRange } from "../../rules/content-range.ts";
import { isSameRepresentation } from "../../rules/pieces.ts";
import type { Part } from "../../rules/range.ts";
import type { Damage } from "../disk/body-check.ts";
import type { BodyFiles } from "../disk/body-files.ts";
import type { HeardRemovals } from "../disk/heard-removals.ts";
import type { PieceOutcome, DiskSpace, Keeper } from "../disk/keeper.ts";
import type { Room } from "../disk/room.ts";
import type { PartialRow } from "../disk/row.ts";
import type { Order } from "../order.ts";
import type { Removals } from "../removals.ts";
import { createPieceMerger } from "./merger.ts";
import { createPieceVerifier } from "./verifier.ts";
import { copyPart, createPieceSink, type PieceFile } from "./piece-sink.ts";
import {
  type NewResponse,
  newestFirst,
  type PartialFound,
  type Piece,
  type PieceStore,
  type StoredResponse,
  StoreError,
  storedAs,
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

  /** The file of a row that was found; what has gone with its row since then is nobody's trouble. */
  async function openFound(id: string, flags: "r" | "r+"): Promise<FileHandle> {
    try {
      return await bodies.open(id, flags);
    } catch (error) {
      if (toStoreError(error, "").code !== "ENOENT") throw error;
      throw new StoreError("OVERTAKEN", "its file was removed meanwhile");
    }
  }

  /** The file of `previous`, where the piece belongs to it, else one of its own. */
  async function fileFor(
    entry: NewResponse,
    range: ContentRange,
    previous: PartialFound | null,
  ): Promise<PieceFile> {
    const size = range.size;
    if (previous !== null && isSameRepresentation(previous.response, { policy: entry.policy, size })) {
      const { id } = previous.response;
      return { id, isNew: false, file: await openFound(id, "r+") };
    }
    const id = newId();
    const file = await bodies.createTemporary(id);
    try {
      await file.truncate(size);
    } catch (error) {
      await file.close();
      bodies.discardTemporary(id);
      throw error;
    }
    return { id, isNew: true, file };
  }

  /** The file's first piece that anybody knows of. */
  async function enterFirst(
    entry: NewResponse,
    { id, file }: PieceFile,
    size: number,
    piece: Piece,
    taken: DiskSpace,
  ): Promise<PieceOutcome> {
    const response = storedAs(entry, id, size, order.next());
    bodies.placeTemporary(id);
    let entering: PieceOutcome | undefined;
    try {
      const afterRemoval = heard.removalBefore(entry.askedAt);
      entering = await keeper.changePieces({
        change: "insert",
        ...{ response, piece, now: now(), afterRemoval, taken },
      });
    } finally {
      if (entering?.outcome !== "entered") bodies.dispose([id]);
    }
    if (entering === undefined) return gone;
    if (entering.outcome !== "belongs") return entering;
    const there = entering.row.response.id;
    const target = await openFound(there, "r+");
    try {
      await copyPart(file, target, piece);
    } finally {
      await target.close();
    }
    // With the room of its own file, which goes: the worker hands over all that the piece has taken.
    return enterNext(there, piece, taken);
  }

  async function enterNext(id: string, piece: Piece, taken: DiskSpace): Promise<PieceOutcome> {
    return (await keeper.changePieces({ change: "add", id, piece, taken })) ?? gone;
  }

  function countLeft(id: string): void {
    if (closed) return;
    keeper.changePieces({ change: "weigh", id }).catch((error: unknown) => {
      onTrouble(toStoreError(error, "what a piece has left in its file could not be counted"));
    });
  }

  async function write(entry: NewResponse, range: ContentRange, previous: PartialFound | null) {
    const held = await fileFor(entry, range, previous);
    return createWriter<PartialFound>(
      createPieceSink({
        file: held.file,
        room,
        files: held.isNew ? 1 : 0,
        start: range.start,
        end: range.end,
        async onWritten(piece, taken) {
          if (closed) throw new StoreError("CLOSED", "the store is closed");
          if (removals.concernSince(entry, entry.askedAt)) {
            throw new StoreError("OVERTAKEN", "removed while it was on its way");
          }
          const entering = held.isNew
            ? await enterFirst(entry, held, range.size, piece, taken)
            : await enterNext(held.id, piece, taken);
          if (entering.outcome !== "entered") throw new StoreError("OVERTAKEN", whyNot(entering));
          const { row } = entering;
          verifier.trust(row.response.id, piece);
          merger.mergeLater(row);
          return toFound(row);
        },
        onDiscard() {
          if (held.isNew) bodies.discardTemporary(held.id);
          else countLeft(held.id);
        },
        onTrouble,
      }),
      undefined,
    );
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

    async open({ response }) {
      try {
        const file = await openFound(response.id, "r");
        return {
          async read(offset, length) {
            try {
              const buffer = new Uint8Array(length);
              const { bytesRead } = await file.read(buffer, 0, length, offset);
              if (bytesRead === 0)
                throw new StoreError("WRONG_SIZE", "the file is shorter than what was written");
              return buffer.subarray(0, bytesRead);
            } catch (error) {
              throw toStoreError(error, "a stored body could not be read");
            }
          },
          async close() {
            await file.close().catch((error: unknown) => {
              onTrouble(toStoreError(error, "a body's file could not be closed"));
            });
          },
        };
      } catch (error) {
        throw toStoreError(error, "a stored body could not be read");
      }
    },

    async write(entry, range, previous) {
      if (closed) throw new StoreError("CLOSED", "the store is closed");
      if (!entry.primaryKey.isWellFormed() || !entry.variantKey.isWellFormed()) {
        throw new StoreError("BAD_KEY", "a key with a lone surrogate cannot be kept in the index");
      }
      if (range.end - range.start > maxBytes) {
        throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
      }
      try {
        return await write(entry, range, previous);
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

const gone: PieceOutcome = { outcome: "refused", why: "the response it is a piece of is gone" };

function whyNot(entering: PieceOutcome): string {
  return entering.outcome === "refused" ? entering.why : "the pieces it belongs to were removed meanwhile";
}

function overlap(one: Part, other: Part): boolean {
  return one.start < other.end && other.start < one.end;
}
