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
  return new GrowingBuffer(expectedSize);
}

/** A class, as all that is made for each body: functions of its own for each would be most of what a miss allocates. */
class GrowingBuffer implements BodyBuffer {
  readonly #expectedSize: number;
  #buffer = new Uint8Array(0);
  #size = 0;

  constructor(expectedSize: number) {
    this.#expectedSize = expectedSize;
  }

  get size(): number {
    return this.#size;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#size + chunk.byteLength;
    if (this.#buffer.byteLength === 0 && needed >= this.#expectedSize) {
      // All there is, most likely. (`slice` would be no copy of a Buffer.)
      this.#buffer = new Uint8Array(chunk);
      this.#size = needed;
      return;
    }
    if (needed > this.#buffer.byteLength) {
      const doubled = this.#buffer.byteLength * 2;
      const larger = new Uint8Array(Math.max(needed, this.#expectedSize, doubled, firstBytes));
      larger.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#size);
    this.#size = needed;
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#size);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#size === this.#buffer.byteLength ? this.#buffer : this.#buffer.slice(0, this.#size);
  }

  clear(): void {
    this.#size = 0;
  }
}
