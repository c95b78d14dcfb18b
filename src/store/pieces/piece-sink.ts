import type { FileHandle } from "node:fs/promises";
import type { Part } from "../../rules/range.ts";
import { BlockFile, closeFile, readWritten, writeFully } from "../disk/block-file.ts";
import { blockBytes } from "../disk/checksum.ts";
import type { DiskSpace } from "../disk/keeper.ts";
import { occupied, type Room } from "../disk/room.ts";
import { type PartialFound, type Piece, StoreError, type Trouble } from "../tier.ts";
import type { BodySink } from "../writer.ts";

export interface PieceSinkOptions {
  /** Open for reading and writing. */
  readonly file: FileHandle;
  readonly room: Room;
  /** 1 when the file is a new one. */
  readonly files: 0 | 1;
  readonly start: number;
  /** Exclusive; the piece may end before. */
  readonly end: number;
  /** The bytes lie in their place in the file: make the piece findable, or reject. */
  readonly onWritten: (piece: Piece, taken: DiskSpace) => Promise<PartialFound>;
  /** Removes what nobody may find; what it leaves in a file that has other pieces is to be counted there. */
  readonly onDiscard: () => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** A piece on its way into its place in a file, a block at a time. */
export function createPieceSink(options: PieceSinkOptions): BodySink<PartialFound> {
  const { file, room, files, start, end, onWritten, onDiscard, onTrouble } = options;
  const blocks = new BlockFile(start, blockBytes, takeRoom);
  const taken = { bytes: 0, files: 0 };

  async function takeRoom(size: number): Promise<FileHandle> {
    const [bytes, more] = [occupied(size), files - taken.files];
    await room.reserve(bytes, more);
    taken.bytes += bytes;
    taken.files += more;
    return file;
  }

  function giveBack(): void {
    room.release(taken.bytes, taken.files);
    taken.bytes = 0;
    taken.files = 0;
  }

  return {
    async take(chunk) {
      if (blocks.end + chunk.byteLength > end) {
        throw new StoreError("WRONG_SIZE", `more than the ${end - start} bytes announced`);
      }
      await blocks.take(chunk);
    },

    read: (offset, length) => blocks.read(start + offset, length),

    async finish(size) {
      if (size === 0) throw new StoreError("WRONG_SIZE", "a piece without a byte");
      await blocks.writeBlock();
      const piece = { start, end: start + size, checksum: blocks.checksum };
      const found = await onWritten(piece, { ...taken });
      room.commit(taken.bytes, taken.files);
      taken.bytes = 0;
      taken.files = 0;
      return found;
    },

    discard() {
      // Of a new file they are gone when it is closed, in another one they stay, and are its.
      if (files === 0) giveBack();
      onDiscard();
    },

    async release() {
      giveBack();
      await closeFile(file, onTrouble);
    },
  };
}

/** Copies a part to the same place in another file. Throws what the system says. */
export async function copyPart(from: FileHandle, to: FileHandle, { start, end }: Part): Promise<void> {
  const buffer = new Uint8Array(Math.min(copiedAtATime, end - start));
  for (let at = start; at < end; at += buffer.byteLength) {
    const bytes = buffer.subarray(0, Math.min(buffer.byteLength, end - at));
    await readWritten(from, bytes, at);
    await writeFully(to, bytes, at);
  }
}

const copiedAtATime = 1024 * 1024;
