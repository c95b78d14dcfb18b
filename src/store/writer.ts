import { type Found, StoreError, type Writer } from "./store.ts";

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
  let state: "open" | "busy" | "failed" | "done" = "open";
  let readable = true;
  let readsUnderWay = 0;
  /** Bytes taken: those of a `write` under way or failed are not among them. */
  let size = 0;
  let running: Promise<unknown> | undefined;

  /** Nothing is awaited that is done already: most bodies come in one chunk, which a sink takes at once. */
  function write(chunk: Uint8Array): Promise<void> | undefined {
    if (state !== "open") return Promise.reject(misuse("write", state));
    state = "busy";
    const sizeAfter = size + chunk.byteLength;
    try {
      if (expectedSize !== undefined && sizeAfter > expectedSize) throw wrongSize(sizeAfter, expectedSize);
      const taking = sink.take(chunk);
      if (taking instanceof Promise) return start(takeLater(taking, sizeAfter));
    } catch (error) {
      return Promise.reject(failed(error));
    }
    size = sizeAfter;
    state = "open";
    return undefined;
  }

  async function takeLater(taking: Promise<void>, sizeAfter: number): Promise<void> {
    try {
      await taking;
    } catch (error) {
      throw failed(error);
    }
    size = sizeAfter;
    state = "open";
  }

  function failed(error: unknown): StoreError {
    state = "failed";
    return toStoreError(error, "the body could not be kept");
  }

  function commit(): Promise<Stored> {
    if (state !== "open") return Promise.reject(misuse("commit", state));
    state = "busy";
    try {
      if (expectedSize !== undefined && size !== expectedSize) throw wrongSize(size, expectedSize);
      const finishing = sink.finish(size);
      if (finishing instanceof Promise) return start(finishLater(finishing));
      state = "done";
      return Promise.resolve(finishing);
    } catch (error) {
      return start(refuse(error));
    }
  }

  async function finishLater(finishing: Promise<Stored>): Promise<Stored> {
    try {
      const stored = await finishing;
      state = "done";
      return stored;
    } catch (error) {
      return await refuse(error);
    }
  }

  async function refuse(error: unknown): Promise<never> {
    await sink.discard();
    state = "done";
    throw toStoreError(error, "the response could not be stored");
  }

  function start<Result>(work: Promise<Result>): Promise<Result> {
    running = work;
    return work;
  }

  async function stopReading(): Promise<void> {
    if (!readable) return;
    readable = false;
    if (readsUnderWay === 0) await sink.release();
  }

  return {
    write,
    async read(offset, length) {
      if (!readable) throw new StoreError("MISUSE", "read on a writer that was aborted or released");
      if (offset >= size || length <= 0) return new Uint8Array(0);
      readsUnderWay++;
      try {
        return await sink.read(offset, Math.min(length, size - offset));
      } catch (error) {
        throw toStoreError(error, "the body could not be read back");
      } finally {
        readsUnderWay--;
        if (!readable && readsUnderWay === 0) await sink.release();
      }
    },
    commit,
    async abort() {
      if (running !== undefined) await Promise.allSettled([running]);
      if (state !== "done") {
        state = "done";
        await sink.discard();
      }
      await stopReading();
    },
    release() {
      // The sink's release does not throw, so this promise has nothing to tell.
      void stopReading();
    },
  };
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
