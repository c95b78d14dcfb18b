import type { FileHandle } from "node:fs/promises";
import type { BodyBuffer } from "../body-buffer.ts";
import type { Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import { blockBytes } from "./checksum.ts";

/**
 * Takes the chunk into the block. Each time that is full, `writeBlock` writes it away, `blockWritten` is told, and at once
 * it begins anew: who reads meanwhile finds each byte in the one place or the other.
 */
export async function takeInBlocks(
  block: BodyBuffer,
  chunk: Uint8Array,
  writeBlock: () => Promise<void>,
  blockWritten: () => void,
): Promise<void> {
  let rest = chunk;
  while (block.size + rest.byteLength > blockBytes) {
    const missing = blockBytes - block.size;
    block.append(rest.subarray(0, missing));
    rest = rest.subarray(missing);
    await writeBlock();
    blockWritten();
    block.clear();
  }
  block.append(rest);
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
