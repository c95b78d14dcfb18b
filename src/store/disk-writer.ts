import type { FileHandle } from "node:fs/promises";
import { takeInBlocks, writeFully } from "./body-blocks.ts";
import { createBodyBuffer } from "./body-buffer.ts";
import type { BodyFiles } from "./body-files.ts";
import { blockBytes, checksumText, extendChecksum } from "./checksum.ts";
import { occupied, type Room } from "./room.ts";
import { type Found, StoreError, type Trouble } from "./store.ts";
import { type BodySink, toStoreError } from "./writer.ts";

export interface DiskSinkOptions {
  /** Names the file. */
  readonly id: string;
  readonly bodies: BodyFiles;
  readonly room: Room;
  readonly maxBytes: number;
  readonly expectedSize: number | undefined;
  readonly onTrouble: (trouble: Trouble) => void;
  /** A larger body goes into a file. */
  readonly mostInRow: number;
  /** Make it findable, or throw. A small body is handed over; else it lies in its place, and its room was taken. */
  readonly onWhole: (size: number, checksum: string, inRow: Uint8Array<ArrayBuffer> | null) => Found;
  /** Called once, whatever the end. */
  readonly onEnd: () => void;
}

const mostTakenAhead = 16 * 1024 * 1024;

/** A body on its way to the disk. One of a single block stays in memory until its end and is then written at once. */
export function createDiskSink(options: DiskSinkOptions): BodySink {
  const { id, bodies, room, maxBytes, mostInRow, expectedSize, onTrouble, onWhole, onEnd } = options;
  const block = createBodyBuffer(Math.min(expectedSize ?? 0, blockBytes));
  let file: FileHandle | undefined;
  /** Bytes in the file; those after them are in the block. */
  let written = 0;
  let sum = 0n;
  let placed = false;
  /** Whether the file is another's affair now. */
  let handedOver = false;
  const taken = { bytes: 0, files: 0 };

  function take(bytes: number, files: number): void {
    room.take(bytes, files);
    taken.bytes += bytes;
    taken.files += files;
  }

  function giveBack(): void {
    if (handedOver) return;
    handedOver = true;
    room.give(taken.bytes, taken.files);
  }

  /** What is known to come is taken at once, or many at a time would take each other's room and none be stored. */
  function takeFor(bytes: number): void {
    const needed = occupied(written + bytes);
    const announced = Math.min(occupied(expectedSize ?? 0), mostTakenAhead);
    take(Math.max(needed, file === undefined ? announced : 0, taken.bytes) - taken.bytes, 1 - taken.files);
  }

  async function writeBlock(): Promise<void> {
    takeFor(block.size);
    file ??= await bodies.createTemporary(id);
    const bytes = block.view();
    await writeFully(file, bytes, written);
    sum = extendChecksum(sum, bytes);
  }

  function blockWritten(): void {
    written += blockBytes;
  }

  async function finishFile(size: number): Promise<Found> {
    await writeBlock();
    bodies.placeTemporary(id);
    placed = true;
    return handOver(size, null);
  }

  function handOver(size: number, inRow: Uint8Array<ArrayBuffer> | null): Found {
    const found = onWhole(size, checksumText(sum), inRow);
    handedOver = true;
    onEnd();
    return found;
  }

  return {
    take(chunk) {
      if (written + block.size + chunk.byteLength > maxBytes) {
        throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
      }
      if (block.size + chunk.byteLength > blockBytes) {
        return takeInBlocks(block, chunk, writeBlock, blockWritten);
      }
      return block.append(chunk);
    },

    async read(offset, length) {
      if (offset >= written) return block.view().slice(offset - written, offset - written + length);
      if (file === undefined) throw new StoreError("MISUSE", "the file is closed");
      const bytes = new Uint8Array(Math.min(length, written - offset));
      const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, offset);
      if (bytesRead === 0) throw new StoreError("WRONG_SIZE", "the file is shorter than what was written");
      return bytes.subarray(0, bytesRead);
    },

    finish(size) {
      if (file !== undefined) return finishFile(size);
      const body = block.take();
      sum = extendChecksum(sum, body);
      if (size <= mostInRow) return handOver(size, body);
      takeFor(size);
      bodies.place(id, body);
      placed = true;
      return handOver(size, null);
    },

    discard() {
      onEnd();
      if (placed) bodies.dispose([id]);
      else if (file !== undefined) bodies.discardTemporary(id);
      // An open file keeps its room, under whatever name.
      if (placed || file === undefined) giveBack();
    },

    async release() {
      try {
        await file?.close();
      } catch (error) {
        onTrouble(toStoreError(error, "a body's file could not be closed"));
      }
      file = undefined;
      giveBack();
    },
  };
}
