/** Bytes as they come, to be taken in other portions. */
export interface ByteQueue {
  readonly size: number;
  add(bytes: Uint8Array): void;
  /** The byte at that place; it must be there. */
  at(place: number): number;
  /** The next so many, which must be there. */
  take(count: number): Buffer;
}

export function createByteQueue(): ByteQueue {
  let parts: Buffer[] = [];
  let size = 0;

  function joined(): Buffer {
    const [first = Buffer.alloc(0)] = parts;
    if (parts.length === 1) return first;
    const all = Buffer.concat(parts, size);
    parts = [all];
    return all;
  }

  return {
    get size() {
      return size;
    },
    add(bytes) {
      if (bytes.byteLength === 0) return;
      parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      size += bytes.byteLength;
    },
    at(place) {
      const [first] = parts;
      return (first !== undefined && place < first.byteLength ? first : joined())[place] ?? 0;
    },
    take(count) {
      const [first] = parts;
      const source = first !== undefined && count <= first.byteLength ? first : joined();
      size -= count;
      if (count === source.byteLength) parts.shift();
      else parts[0] = source.subarray(count);
      return source.subarray(0, count);
    },
  };
}
