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
