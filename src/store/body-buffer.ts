/** The bytes of one body, gathered in one growing buffer. Each chunk is copied, so the sender may reuse it. */
export interface BodyBuffer {
  readonly size: number;
  append(chunk: Uint8Array): void;
  /** A view of what is gathered; valid until the next `append` or `clear`. */
  view(): Uint8Array<ArrayBuffer>;
  /** What is gathered, in a buffer of exactly its length. The gathering is over; `view` still shows it. */
  take(): Uint8Array<ArrayBuffer>;
  clear(): void;
}

const firstBytes = 4096;

/** `expectedSize` spares the growing when it is right, and is only a hint. Nothing is taken of memory before the first byte. */
export function createBodyBuffer(expectedSize = 0): BodyBuffer {
  let buffer = new Uint8Array(0);
  let size = 0;

  return {
    get size() {
      return size;
    },
    append(chunk) {
      const needed = size + chunk.byteLength;
      if (buffer.byteLength === 0 && needed >= expectedSize) {
        // All there is, most likely. (`slice` would be no copy of a Buffer.)
        buffer = new Uint8Array(chunk);
        size = needed;
        return;
      }
      if (needed > buffer.byteLength) {
        const larger = new Uint8Array(Math.max(needed, expectedSize, buffer.byteLength * 2, firstBytes));
        larger.set(buffer.subarray(0, size));
        buffer = larger;
      }
      buffer.set(chunk, size);
      size = needed;
    },
    view: () => buffer.subarray(0, size),
    take: () => (size === buffer.byteLength ? buffer : buffer.slice(0, size)),
    clear() {
      size = 0;
    },
  };
}
