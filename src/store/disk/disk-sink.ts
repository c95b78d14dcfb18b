import type { FileHandle } from "node:fs/promises";
import { closeFile, takeInBlocks, writeFully } from "./body-blocks.ts";
import { type BodyBuffer, createBodyBuffer } from "../body-buffer.ts";
import type { BodyFiles } from "./body-files.ts";
import { blockBytes, checksumText, extendChecksum } from "./checksum.ts";
import { occupied, type Room } from "./room.ts";
import { type Found, StoreError, type Trouble } from "../tier.ts";
import type { BodySink } from "../writer.ts";

export interface DiskSinkOptions {
  /** Names the file. */
  readonly id: string;
  readonly bodies: BodyFiles;
  readonly room: Room;
  readonly maxBytes: number;
  readonly expectedSize: number | undefined;
  readonly onTrouble: (trouble: Trouble) => void;
  /** Make it findable, or throw. A body of one block is handed over; else it lies in its place, and its room was taken. */
  readonly onWhole: (size: number, checksum: string, inRow: Uint8Array<ArrayBuffer> | null) => Found;
}

const mostTakenAhead = 16 * 1024 * 1024;

/** A body on its way to the disk. One of a single block stays in memory, for the keeper to write with its row. */
export function createDiskSink(options: DiskSinkOptions): BodySink {
  return new DiskSink(options);
}

/** Longer than a screen: where the bytes lie, and whose the file and its room are by then, is one state that each call changes. */
class DiskSink implements BodySink {
  readonly #options: DiskSinkOptions;
  readonly #block: BodyBuffer;
  #file: FileHandle | undefined;
  /** Bytes in the file; those after them are in the block. */
  #written = 0;
  #sum = 0n;
  #placed = false;
  /** Whether the file is another's affair now. */
  #handedOver = false;
  #takenBytes = 0;
  #takenFiles = 0;

  constructor(options: DiskSinkOptions) {
    this.#options = options;
    this.#block = createBodyBuffer(Math.min(options.expectedSize ?? 0, blockBytes));
  }

  take(chunk: Uint8Array): Promise<void> | void {
    const { maxBytes } = this.#options;
    const block = this.#block;
    if (this.#written + block.size + chunk.byteLength > maxBytes) {
      throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
    }
    if (block.size + chunk.byteLength <= blockBytes) return block.append(chunk);
    const blockWritten = () => {
      this.#written += blockBytes;
    };
    return takeInBlocks(block, chunk, () => this.#writeBlock(), blockWritten);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const written = this.#written;
    if (offset >= written) return this.#block.view().slice(offset - written, offset - written + length);
    if (this.#file === undefined) throw new StoreError("MISUSE", "the file is closed");
    const bytes = new Uint8Array(Math.min(length, written - offset));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.byteLength, offset);
    if (bytesRead === 0) throw new StoreError("WRONG_SIZE", "the file is shorter than what was written");
    return bytes.subarray(0, bytesRead);
  }

  finish(size: number): Promise<Found> | Found {
    if (this.#file !== undefined) return this.#finishFile(size);
    const body = this.#block.take();
    this.#sum = extendChecksum(this.#sum, body);
    return this.#handOver(size, body);
  }

  async #finishFile(size: number): Promise<Found> {
    await this.#writeBlock();
    this.#options.bodies.placeTemporary(this.#options.id);
    this.#placed = true;
    return this.#handOver(size, null);
  }

  async #writeBlock(): Promise<void> {
    await this.#takeRoomFor(this.#block.size);
    this.#file ??= await this.#options.bodies.createTemporary(this.#options.id);
    const bytes = this.#block.view();
    await writeFully(this.#file, bytes, this.#written);
    this.#sum = extendChecksum(this.#sum, bytes);
  }

  #handOver(size: number, inRow: Uint8Array<ArrayBuffer> | null): Found {
    const found = this.#options.onWhole(size, checksumText(this.#sum), inRow);
    this.#handedOver = true;
    return found;
  }

  discard(): void {
    const { id, bodies } = this.#options;
    if (this.#placed) bodies.dispose([id]);
    else if (this.#file !== undefined) bodies.discardTemporary(id);
    // A file that was begun and not placed keeps its room until it is closed.
    if (this.#placed || this.#file === undefined) this.#giveBackRoom();
  }

  /** Nothing is awaited where there is no file. */
  release(): Promise<void> | void {
    if (this.#file !== undefined) return this.#releaseFile(this.#file);
    this.#giveBackRoom();
  }

  async #releaseFile(file: FileHandle): Promise<void> {
    await closeFile(file, this.#options.onTrouble);
    this.#file = undefined;
    this.#giveBackRoom();
  }

  /** What is known to come is taken at once, or many at a time would take each other's room and none be stored. */
  async #takeRoomFor(bytes: number): Promise<void> {
    const needed = occupied(this.#written + bytes);
    const announced = Math.min(occupied(this.#options.expectedSize ?? 0), mostTakenAhead);
    const wanted = Math.max(needed, this.#file === undefined ? announced : 0, this.#takenBytes);
    await this.#options.room.reserve(wanted - this.#takenBytes, 1 - this.#takenFiles);
    this.#takenBytes = wanted;
    this.#takenFiles = 1;
  }

  #giveBackRoom(): void {
    if (this.#handedOver) return;
    this.#handedOver = true;
    this.#options.room.release(this.#takenBytes, this.#takenFiles);
  }
}
