import type { FileHandle } from "node:fs/promises";
import { type BodyBuffer, createBodyBuffer } from "../body-buffer.ts";
import { StoreError, type Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import { blockBytes, checksumText, extendChecksum, readFully } from "./checksum.ts";

/**
 * Bytes on their way into a file, block by block; those of the last block are in memory. A class, as all that is made for
 * each body.
 */
export class BlockFile {
  readonly #fileFor: (bytes: number) => Promise<FileHandle>;
  readonly #block: BodyBuffer;
  #file: FileHandle | undefined;
  /** Where the bytes in the file end; those after them are in the block. */
  #written: number;
  #sum = 0n;

  /** `fileFor` gives the file when there is room for so many bytes more. `expectedSize` is a hint. */
  constructor(start: number, expectedSize: number, fileFor: (bytes: number) => Promise<FileHandle>) {
    this.#written = start;
    this.#block = createBodyBuffer(Math.min(expectedSize, blockBytes));
    this.#fileFor = fileFor;
  }

  /** Where the bytes end. */
  get end(): number {
    return this.#written + this.#block.size;
  }

  /** Of all bytes: when the last block was written, or taken. */
  get checksum(): string {
    return checksumText(this.#sum);
  }

  /** Nothing is awaited where it all has room in the block. */
  take(chunk: Uint8Array): Promise<void> | void {
    if (this.#block.size + chunk.byteLength <= blockBytes) return this.#block.append(chunk);
    return this.#takeInBlocks(chunk);
  }

  /** A full block begins anew as soon as it is written: who reads meanwhile finds each byte in the one place or the other. */
  async #takeInBlocks(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (this.#block.size + rest.byteLength > blockBytes) {
      const missing = blockBytes - this.#block.size;
      this.#block.append(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      await this.writeBlock();
      this.#written += blockBytes;
      this.#block.clear();
    }
    this.#block.append(rest);
  }

  async writeBlock(): Promise<void> {
    const bytes = this.#block.view();
    this.#file = await this.#fileFor(bytes.byteLength);
    await writeFully(this.#file, bytes, this.#written);
    this.#sum = extendChecksum(this.#sum, bytes);
  }

  /** Instead of writing it, where there is no other: its bytes in a buffer of exactly their length. */
  takeBlock(): Uint8Array<ArrayBuffer> {
    const bytes = this.#block.take();
    this.#sum = extendChecksum(this.#sum, bytes);
    return bytes;
  }

  /** Reads back what was taken, at most `length` bytes. */
  async read(from: number, length: number): Promise<Uint8Array> {
    const written = this.#written;
    if (from >= written) return this.#block.view().slice(from - written, from - written + length);
    if (this.#file === undefined) throw new StoreError("MISUSE", "there is no file yet");
    const bytes = new Uint8Array(Math.min(length, written - from));
    await readWritten(this.#file, bytes, from);
    return bytes;
  }
}

/** Fills the buffer with what was written from `position` on. */
export async function readWritten(file: FileHandle, buffer: Uint8Array, position: number): Promise<void> {
  if ((await readFully(file, buffer, position)) === buffer.byteLength) return;
  throw new StoreError("WRONG_SIZE", "the file is shorter than what was written");
}

/** Awaited one by one: at the end of the disk's room an awaited write tells, another loses bytes. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** Never rejects. */
export async function closeFile(file: FileHandle, onTrouble: (trouble: Trouble) => void): Promise<void> {
  try {
    await file.close();
  } catch (error) {
    onTrouble(toStoreError(error, "a body's file could not be closed"));
  }
}
