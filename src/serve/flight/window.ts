import type { Holding } from "../answer/transit.ts";

/** The newest part of a body that is on its way: what has come and was not trimmed away, in memory. */
export class Window {
  /** Oldest first; they cover [start, end). */
  readonly #chunks: Uint8Array[] = [];
  readonly #holding: Holding;
  #start = 0;
  #end = 0;

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** Where it begins in the body. */
  get start(): number {
    return this.#start;
  }

  /** Bytes that have come of the body. */
  get end(): number {
    return this.#end;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#end += chunk.byteLength;
    this.#holding.take(chunk.byteLength);
  }

  /** Lets go of what comes before the offset, but not of a chunk that goes beyond it. */
  trim(offset: number): void {
    let count = 0;
    let start = this.#start;
    for (const { byteLength } of this.#chunks) {
      if (start + byteLength > offset) break;
      start += byteLength;
      count += 1;
    }
    if (count === 0) return;
    this.#chunks.splice(0, count);
    this.#holding.give(start - this.#start);
    this.#start = start;
  }

  /** The bytes from the offset on, as far as they came together and at most so many; the offset lies within the window. */
  read(offset: number, most: number): Uint8Array {
    let start = this.#start;
    for (const chunk of this.#chunks) {
      if (offset < start + chunk.byteLength) return chunk.subarray(offset - start, offset - start + most);
      start += chunk.byteLength;
    }
    throw new Error(`of a body of ${this.#end} bytes byte ${offset} was asked for`);
  }
}
