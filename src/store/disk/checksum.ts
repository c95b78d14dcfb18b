import { type FileHandle, open } from "node:fs/promises";

/** Bytes hashed at a time, and the size of what is written to a file at a time. A body of one block is a small body. */
export const blockBytes = 64 * 1024;

/**
 * The checksum of a body, block by block: each block is hashed with the sum of those before it as seed. XXH3 finds
 * damage, not forgery (who can write the files can write the index too), and takes 1 µs for a block where the
 * streaming hashes of Bun.CryptoHasher take 36 (SHA-1) and more. Every block but the last must have `blockBytes`.
 */
export function extendChecksum(sum: bigint, block: Uint8Array): bigint {
  return Bun.hash.xxHash3(block, sum);
}

export function checksumText(sum: bigint): string {
  return sum.toString(16).padStart(16, "0");
}

/** The checksum of a whole body, as `checksumText`. */
export function checksumOf(bytes: Uint8Array): string {
  let sum = extendChecksum(0n, bytes.subarray(0, blockBytes));
  for (let start = blockBytes; start < bytes.byteLength; start += blockBytes) {
    sum = extendChecksum(sum, bytes.subarray(start, start + blockBytes));
  }
  return checksumText(sum);
}

const bytesReadAtATime = 4 * blockBytes;

/**
 * Size and checksum of a body in a file, read a little at a time so that the process can do other things. A gigabyte
 * that the system has at hand takes half a second. Throws what the system says.
 */
export async function checksumOfFile(
  path: string,
): Promise<{ readonly size: number; readonly checksum: string }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    // A body without bytes is one empty block.
    const checksum = size === 0 ? checksumOf(new Uint8Array(0)) : await checksumOfPart(file, 0, size);
    return { size, checksum };
  } finally {
    await file.close();
  }
}

/** The checksum, as `checksumOf`, of the bytes of an open file from `start` to `end` (exclusive), at least one. */
export async function checksumOfPart(file: FileHandle, start: number, end: number): Promise<string> {
  const buffer = new Uint8Array(bytesReadAtATime);
  let sum = 0n;
  for (let at = start; at < end; at += bytesReadAtATime) {
    const held = await readFully(file, buffer.subarray(0, Math.min(bytesReadAtATime, end - at)), at);
    for (let block = 0; block < held; block += blockBytes) {
      sum = extendChecksum(sum, buffer.subarray(block, Math.min(block + blockBytes, held)));
    }
  }
  return checksumText(sum);
}

/** Fills the buffer from `position` on; returns how many bytes there were. Throws what the system says. */
export async function readFully(file: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let held = 0;
  while (held < buffer.byteLength) {
    const { bytesRead } = await file.read(buffer, held, buffer.byteLength - held, position + held);
    if (bytesRead === 0) break;
    held += bytesRead;
  }
  return held;
}
