import type { DiskStore, DiskWriter } from "./disk.ts";
import type { MemoryStore } from "./memory.ts";
import {
  type Found,
  type NewResponse,
  ordinaryRefusals,
  type Selector,
  StoreError,
  type Trouble,
  type Writer,
} from "./store.ts";
import { type BodySink, toStoreError } from "./writer.ts";

function variantOf({ primaryKey, variantKey }: NewResponse): Selector {
  return { by: "variant", primaryKey, variantKey };
}

export interface TieredSinkOptions {
  readonly memory: MemoryStore<unknown>;
  readonly disk: DiskStore;
  /** Beyond it a body is left to the disk alone, if the disk takes it. */
  readonly largestBytes: number;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly entry: NewResponse;
  readonly expectedSize: number | undefined;
}

/**
 * A body on its way into both tiers. Either may fail while the other goes on; when the last one does, so does the
 * body. Both keep the response under one id. Throws a `StoreError` when neither tier begins.
 */
export async function createTieredSink(options: TieredSinkOptions): Promise<BodySink> {
  const { memory, disk, largestBytes, onTrouble, entry, expectedSize } = options;
  let size = 0;
  let finished = false;

  function tell(error: unknown): StoreError {
    const refusal = toStoreError(error, "the response could not be stored on disk");
    if (!ordinaryRefusals.has(refusal.code)) onTrouble(refusal);
    return refusal;
  }

  let onDisk: DiskWriter | undefined;
  try {
    onDisk = await disk.write(entry, expectedSize);
  } catch (error) {
    tell(error);
  }
  let inMemory: Writer | undefined;
  try {
    const isSmall = (expectedSize ?? 0) <= largestBytes;
    if (onDisk === undefined || isSmall) inMemory = await memory.write(entry, expectedSize, onDisk?.id);
  } catch (error) {
    if (onDisk === undefined) throw error;
  }

  /** The body is in memory still: without a disk it may be as large as memory takes. */
  function takeInMemory(chunk: Uint8Array): Promise<void> | undefined {
    const writer = inMemory;
    if (writer === undefined) return undefined;
    if (onDisk !== undefined && size > largestBytes) return leaveMemory(writer);
    return writer.write(chunk)?.catch((error: unknown) => {
      if (onDisk === undefined) throw error;
      return leaveMemory(writer);
    });
  }

  function takeOnDisk(chunk: Uint8Array): Promise<void> | undefined {
    const writer = onDisk;
    return writer?.write(chunk)?.catch((error: unknown) => {
      const refusal = tell(error);
      if (inMemory === undefined) throw refusal;
      return leaveDisk(writer);
    });
  }

  async function leaveMemory(writer: Writer): Promise<void> {
    inMemory = undefined;
    await writer.abort();
  }

  async function leaveDisk(writer: Writer): Promise<void> {
    onDisk = undefined;
    await writer.abort();
  }

  return {
    take(chunk) {
      size += chunk.byteLength;
      const taking = takeInMemory(chunk);
      return taking === undefined ? takeOnDisk(chunk) : taking.then(() => takeOnDisk(chunk));
    },

    async read(offset, length) {
      const writer = inMemory ?? onDisk;
      if (writer === undefined) throw new StoreError("MISUSE", "both tiers have let go of the body");
      return await writer.read(offset, length);
    },

    async finish() {
      finished = true;
      let found: Found | undefined;
      let refusal: StoreError | undefined;
      try {
        found = await onDisk?.commit();
      } catch (error) {
        refusal = tell(error);
      }
      // Memory after the disk, so that its instant is the later one: see `find`.
      try {
        found = (await inMemory?.commit()) ?? found;
      } catch (error) {
        refusal = toStoreError(error, "the response could not be stored in memory");
      }
      if (found === undefined) throw refusal ?? new StoreError("NO_ROOM", "no tier holds the response");
      // What memory has under these keys is older now, and would be the answer of the short cut.
      if (found.body.kind === "file") await memory.remove(variantOf(entry));
      return found;
    },

    /** A commit that was refused has removed its traces itself, and can still be read. */
    async discard() {
      if (finished) return;
      await inMemory?.abort();
      await onDisk?.abort();
    },

    release() {
      inMemory?.release();
      onDisk?.release();
    },
  };
}
