import type { DiskStore } from "./disk.ts";
import type { MemoryStore } from "./memory.ts";
import {
  type Found,
  type NewResponse,
  ordinaryRefusals,
  StoreError,
  type Trouble,
  type Writer,
} from "./store.ts";
import { type BodySink, toStoreError } from "./writer.ts";

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

  const diskWriter = await disk.write(entry, expectedSize).catch(tell);
  let onDisk = diskWriter instanceof StoreError ? undefined : diskWriter;
  let inMemory: Writer | undefined;
  if (onDisk === undefined || (expectedSize ?? 0) <= largestBytes) {
    inMemory = await memory.write(entry, expectedSize, onDisk?.id).catch((error: unknown) => {
      if (onDisk === undefined) throw error;
      return undefined;
    });
  }

  /** The body is in memory still: without a disk it may be as large as memory takes. */
  async function takeInMemory(chunk: Uint8Array): Promise<void> {
    if (inMemory === undefined) return;
    if (onDisk !== undefined && size > largestBytes) return await leaveMemory(inMemory);
    try {
      await inMemory.write(chunk);
    } catch (error) {
      if (onDisk === undefined) throw error;
      await leaveMemory(inMemory);
    }
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
    async take(chunk) {
      size += chunk.byteLength;
      await takeInMemory(chunk);
      if (onDisk === undefined) return;
      try {
        await onDisk.write(chunk);
      } catch (error) {
        const refusal = tell(error);
        if (inMemory === undefined) throw refusal;
        await leaveDisk(onDisk);
      }
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
