import type { FileHandle } from "node:fs/promises";
import type { Part } from "../../rules/range.ts";
import { closeFile, takeInBlocks, writeFully } from "../disk/body-blocks.ts";
import { createBodyBuffer } from "../body-buffer.ts";
import { blockBytes, checksumText, extendChecksum, readFully } from "../disk/checksum.ts";
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
  const block = createBodyBuffer(blockBytes);
  /** Where the bytes in the file end; those after them are in the block. */
  let written = start;
  let sum = 0n;
  const taken = { bytes: 0, files: 0 };

  async function take(bytes: number): Promise<void> {
    const more = files - taken.files;
    await room.reserve(bytes, more);
    taken.bytes += bytes;
    taken.files += more;
  }

  function giveBack(): void {
    room.release(taken.bytes, taken.files);
    taken.bytes = 0;
    taken.files = 0;
  }

  async function writeBlock(): Promise<void> {
    const bytes = block.view();
    await take(occupied(bytes.byteLength));
    await writeFully(file, bytes, written);
    sum = extendChecksum(sum, bytes);
  }

  function blockWritten(): void {
    written += blockBytes;
  }

  return {
    async take(chunk) {
      if (written + block.size + chunk.byteLength > end) {
        throw new StoreError("WRONG_SIZE", `more than the ${end - start} bytes announced`);
      }
      await takeInBlocks(block, chunk, writeBlock, blockWritten);
    },

    async read(offset, length) {
      const at = start + offset;
      if (at >= written) return block.view().slice(at - written, at - written + length);
      const bytes = new Uint8Array(Math.min(length, written - at));
      await readAll(file, bytes, at);
      return bytes;
    },

    async finish(size) {
      if (size === 0) throw new StoreError("WRONG_SIZE", "a piece without a byte");
      await writeBlock();
      const piece = { start, end: start + size, checksum: checksumText(sum) };
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
    await readAll(from, bytes, at);
    await writeFully(to, bytes, at);
  }
}

/** Fills the buffer with what was written from `position` on. */
async function readAll(file: FileHandle, buffer: Uint8Array, position: number): Promise<void> {
  if ((await readFully(file, buffer, position)) === buffer.byteLength) return;
  throw new StoreError("WRONG_SIZE", "the file is shorter than what was written");
}

const copiedAtATime = 1024 * 1024;
