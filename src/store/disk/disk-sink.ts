import type { FileHandle } from "node:fs/promises";
import { BlockFile, closeFile } from "./block-file.ts";
import type { BodyFiles } from "./body-files.ts";
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

class DiskSink implements BodySink {
  readonly #options: DiskSinkOptions;
  readonly #blocks: BlockFile;
  #file: FileHandle | undefined;
  #placed = false;
  /** Whether the file is another's affair now. */
  #handedOver = false;
  /** Of room; with the file's own, as soon as there are any. */
  #takenBytes = 0;

  constructor(options: DiskSinkOptions) {
    this.#options = options;
    this.#blocks = new BlockFile(0, options.expectedSize ?? 0, () => this.#fileWithRoom());
  }

  take(chunk: Uint8Array): Promise<void> | void {
    const { maxBytes } = this.#options;
    if (this.#blocks.end + chunk.byteLength > maxBytes) {
      throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
    }
    return this.#blocks.take(chunk);
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#blocks.read(offset, length);
  }

  finish(size: number): Promise<Found> | Found {
    if (this.#file !== undefined) return this.#finishFile(size);
    return this.#handOver(size, this.#blocks.takeBlock());
  }

  async #finishFile(size: number): Promise<Found> {
    await this.#blocks.writeBlock();
    this.#options.bodies.placeTemporary(this.#options.id);
    this.#placed = true;
    return this.#handOver(size, null);
  }

  #handOver(size: number, inRow: Uint8Array<ArrayBuffer> | null): Found {
    const found = this.#options.onWhole(size, this.#blocks.checksum, inRow);
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
    if (this.#file === undefined) return this.#giveBackRoom();
    return closeFile(this.#file, this.#options.onTrouble).then(() => this.#giveBackRoom());
  }

  /** What is known to come is taken at once, or many at a time would take each other's room and none be stored. */
  async #fileWithRoom(): Promise<FileHandle> {
    const { id, bodies, room, expectedSize } = this.#options;
    const announced = Math.min(occupied(expectedSize ?? 0), mostTakenAhead);
    const wanted = Math.max(occupied(this.#blocks.end), announced);
    await room.reserve(wanted - this.#takenBytes, this.#takenBytes === 0 ? 1 : 0);
    this.#takenBytes = wanted;
    this.#file ??= await bodies.createTemporary(id);
    return this.#file;
  }

  #giveBackRoom(): void {
    if (this.#handedOver) return;
    this.#handedOver = true;
    this.#options.room.release(this.#takenBytes, this.#takenBytes === 0 ? 0 : 1);
  }
}
