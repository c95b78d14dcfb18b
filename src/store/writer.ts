import { type Found, StoreError, type Writer } from "./tier.ts";

/** What a store does with a body; `createWriter` sees to the order of the calls. What is done at once needs no promise. */
export interface BodySink<Stored = Found> {
  take(chunk: Uint8Array): Promise<void> | void;
  /** A copy of at most `length` bytes taken so far, at least one: `offset` is before the end. */
  read(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
  finish(size: number): Promise<Stored> | Stored;
  /** Removes every trace that others could find; `read` goes on working. Not called after a `finish` that succeeded. Must not throw. */
  discard(): Promise<void> | void;
  /** Lets go of what `read` needed; called once, when no `read` is under way. Must not throw. */
  release(): Promise<void> | void;
}

/**
 * A `Writer` over a sink: refuses calls out of order, a second call before the first is done, and a body longer or
 * shorter than `expectedSize` bytes.
 */
export function createWriter<Stored = Found>(
  sink: BodySink<Stored>,
  expectedSize: number | undefined,
): Writer<Stored> {
  return new SinkWriter(sink, expectedSize);
}

/** Longer than a screen: which call may follow which is one state, and is seen only where all of them stand together. */
class SinkWriter<Stored> implements Writer<Stored> {
  readonly #sink: BodySink<Stored>;
  readonly #expectedSize: number | undefined;
  #state: "open" | "busy" | "failed" | "done" = "open";
  #readable = true;
  #readsUnderWay = 0;
  /** Bytes taken: those of a `write` under way or failed are not among them. */
  #size = 0;
  #running: Promise<unknown> | undefined;

  constructor(sink: BodySink<Stored>, expectedSize: number | undefined) {
    this.#sink = sink;
    this.#expectedSize = expectedSize;
  }

  /** Nothing is awaited that is done already: most bodies come in one chunk, which a sink takes at once. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#state !== "open") return Promise.reject(misuse("write", this.#state));
    this.#state = "busy";
    const sizeAfter = this.#size + chunk.byteLength;
    try {
      const expected = this.#expectedSize;
      if (expected !== undefined && sizeAfter > expected) throw wrongSize(sizeAfter, expected);
      const taking = this.#sink.take(chunk);
      if (taking instanceof Promise) return this.#start(this.#takeLater(taking, sizeAfter));
    } catch (error) {
      return Promise.reject(this.#failed(error));
    }
    this.#size = sizeAfter;
    this.#state = "open";
    return undefined;
  }

  async #takeLater(taking: Promise<void>, sizeAfter: number): Promise<void> {
    try {
      await taking;
    } catch (error) {
      throw this.#failed(error);
    }
    this.#size = sizeAfter;
    this.#state = "open";
  }

  #failed(error: unknown): StoreError {
    this.#state = "failed";
    return toStoreError(error, "the body could not be kept");
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!this.#readable) throw new StoreError("MISUSE", "read on a writer that was aborted or released");
    if (offset >= this.#size || length <= 0) return new Uint8Array(0);
    this.#readsUnderWay++;
    try {
      return await this.#sink.read(offset, Math.min(length, this.#size - offset));
    } catch (error) {
      throw toStoreError(error, "the body could not be read back");
    } finally {
      this.#readsUnderWay--;
      if (!this.#readable && this.#readsUnderWay === 0) await this.#sink.release();
    }
  }

  commit(): Promise<Stored> {
    if (this.#state !== "open") return Promise.reject(misuse("commit", this.#state));
    this.#state = "busy";
    try {
      const expected = this.#expectedSize;
      if (expected !== undefined && this.#size !== expected) throw wrongSize(this.#size, expected);
      const finishing = this.#sink.finish(this.#size);
      if (finishing instanceof Promise) return this.#start(this.#finishLater(finishing));
      this.#state = "done";
      return Promise.resolve(finishing);
    } catch (error) {
      return this.#start(this.#refuse(error));
    }
  }

  async #finishLater(finishing: Promise<Stored>): Promise<Stored> {
    try {
      const stored = await finishing;
      this.#state = "done";
      return stored;
    } catch (error) {
      return await this.#refuse(error);
    }
  }

  async #refuse(error: unknown): Promise<never> {
    await this.#sink.discard();
    this.#state = "done";
    throw toStoreError(error, "the response could not be stored");
  }

  #start<Result>(work: Promise<Result>): Promise<Result> {
    this.#running = work;
    return work;
  }

  async abort(): Promise<void> {
    if (this.#running !== undefined) await Promise.allSettled([this.#running]);
    if (this.#state !== "done") {
      this.#state = "done";
      await this.#sink.discard();
    }
    await this.#stopReading();
  }

  release(): void {
    // The sink's release does not throw, so this promise has nothing to tell.
    void this.#stopReading();
  }

  async #stopReading(): Promise<void> {
    if (!this.#readable) return;
    this.#readable = false;
    if (this.#readsUnderWay === 0) await this.#sink.release();
  }
}

/** The error itself, or one that carries the system's code, such as ENOSPC, and says what was being done. */
export function toStoreError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
  return new StoreError(code, `${doing}: ${message}`, { cause: error });
}

function misuse(call: string, state: string): StoreError {
  return new StoreError("MISUSE", `${call} on a writer that is ${state}`);
}

function wrongSize(size: number, expectedSize: number): StoreError {
  return new StoreError("WRONG_SIZE", `the body came to ${size} bytes, ${expectedSize} were announced`);
}
