import type { BodyReader } from "../../origin/body.ts";
import type { Window } from "./window.ts";

/** Given to a client at a time: one that does not read holds as much of it in memory. */
const readSize = 128 * 1024;

/** One who reads: how far it is. */
interface Reader {
  offset: number;
}

export interface SharedBodyOptions {
  /** What has just come is pushed into it by the one who pumps, and is read from it. */
  readonly window: Window;
  /** Reads what is in the window no more. */
  readonly readBack: (offset: number, length: number) => Promise<Uint8Array>;
  /** Somebody reads no more. */
  readonly onLeft: () => void;
}

/** A body on its way, as any number of clients read it, each at its own pace. It knows nothing of where it comes from. */
export class SharedBody {
  readonly #options: SharedBodyOptions;
  readonly #readers = new Set<Reader>();
  #ending: "complete" | Error | null = null;
  /** For those who wait for bytes, and for the one who waits until somebody has taken some. */
  readonly #arrival = new Signal();
  readonly #progress = new Signal();

  constructor(options: SharedBodyOptions) {
    this.#options = options;
  }

  /** How many read it. */
  get readers(): number {
    return this.#readers.size;
  }

  /** How far the slowest reader is. */
  get slowest(): number {
    let offset = this.#options.window.end;
    for (const reader of this.#readers) offset = Math.min(offset, reader.offset);
    return offset;
  }

  /** The whole body, from its first byte on, at the pace of the one who reads. It leaves by cancelling. */
  join(): BodyReader {
    const reader: Reader = { offset: 0 };
    this.#readers.add(reader);
    const leave = () => this.#leave(reader);
    return {
      read: async () => {
        const next = await this.#next(reader);
        if (next instanceof Uint8Array) return next;
        leave();
        if (next instanceof Error) throw next;
        return undefined;
      },
      cancel: async () => leave(),
    };
  }

  push(chunk: Uint8Array): void {
    this.#options.window.push(chunk);
    this.#arrival.give();
  }

  /** Nothing more comes: that was all, or it has broken off. */
  end(ending: "complete" | Error): void {
    this.#ending = ending;
    this.#arrival.give();
  }

  /** Resolves when somebody has read on, or has left. */
  progress(): Promise<void> {
    return this.#progress.next();
  }

  #leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    this.#arrival.give();
    this.#progress.give();
    this.#options.onLeft();
  }

  /** The reader's next bytes, as soon as there are any. */
  async #next(reader: Reader): Promise<Uint8Array | "end" | Error> {
    for (;;) {
      if (!this.#readers.has(reader)) return "end";
      if (reader.offset < this.#options.window.end) {
        const chunk = await bytesAt(reader.offset, this.#options).catch(asError);
        if (chunk instanceof Error) return chunk;
        reader.offset += chunk.byteLength;
        this.#progress.give();
        return chunk;
      }
      if (this.#ending !== null) return this.#ending === "complete" ? "end" : this.#ending;
      await this.#arrival.next();
    }
  }
}

async function bytesAt(offset: number, { window, readBack }: SharedBodyOptions): Promise<Uint8Array> {
  if (offset >= window.start) return window.read(offset, readSize);
  return await readBack(offset, Math.min(readSize, window.start - offset));
}

/** Wakes those who wait; nothing is made while nobody does. */
class Signal {
  #waiting: PromiseWithResolvers<void> | null = null;

  next(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  give(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
