import type { DiskStore, DiskWriter } from "./disk/disk-store.ts";
import type { OfOneKey } from "./memory/held-responses.ts";
import type { MemoryStore } from "./memory/memory-store.ts";
import {
  type Found,
  type NewResponse,
  ordinaryRefusals,
  StoreError,
  type Trouble,
  type Writer,
} from "./tier.ts";
import { type BodySink, toStoreError } from "./writer.ts";

function variantOf({ primaryKey, variantKey }: NewResponse): OfOneKey {
  return { by: "variant", primaryKey, variantKey };
}

export interface TwoTiers {
  readonly memory: MemoryStore<unknown>;
  readonly disk: DiskStore;
  /** Beyond it a body is left to the disk alone, if the disk takes it. */
  readonly largestBytes: number;
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface TieredSinkOptions extends TwoTiers {
  readonly entry: NewResponse;
  readonly expectedSize: number | undefined;
}

/** Into both tiers, under one id; throws a `StoreError` when neither takes it. */
export function putInTiers(tiers: TwoTiers, entry: NewResponse, body: Uint8Array<ArrayBuffer>): Found {
  const { memory, disk, largestBytes } = tiers;
  let onDisk: Found | undefined;
  let refusal: StoreError | undefined;
  try {
    onDisk = disk.put(entry, body);
  } catch (error) {
    refusal = tell(error, tiers);
  }
  // Memory after the disk, which gives the response its version.
  let held: Found | undefined;
  try {
    const isLeftToDisk = onDisk !== undefined && body.byteLength > largestBytes;
    if (!isLeftToDisk) held = memory.put(entry, body, onDisk?.response);
  } catch (error) {
    const own = toStoreError(error, "the response could not be stored in memory");
    refusal = own.code === "OVERTAKEN" ? own : (refusal ?? own);
  }
  if (held === undefined) memory.drop(variantOf(entry));
  const found = held ?? onDisk;
  if (found === undefined) throw refusal ?? new StoreError("NO_ROOM", "no tier holds the response");
  return found;
}

/** Throws a `StoreError` when neither tier begins. */
export async function createTieredSink(options: TieredSinkOptions): Promise<BodySink> {
  const { memory, disk, largestBytes, entry, expectedSize } = options;
  let onDisk: DiskWriter | undefined;
  try {
    onDisk = await disk.write(entry, expectedSize);
  } catch (error) {
    tell(error, options);
  }
  let inMemory: Writer | undefined;
  try {
    const isSmall = (expectedSize ?? 0) <= largestBytes;
    if (onDisk === undefined || isSmall) inMemory = await memory.write(entry, expectedSize, onDisk?.twin);
  } catch (error) {
    if (onDisk === undefined) throw error;
  }
  return new TieredSink(options, onDisk, inMemory);
}

/**
 * A body on its way into both tiers. Either may fail while the other goes on; when the last one does, so does the
 * body. Both keep the response under one id. Longer than a screen: which tiers still have the body is one state, which each
 * call may change.
 */
class TieredSink implements BodySink {
  readonly #options: TieredSinkOptions;
  #onDisk: DiskWriter | undefined;
  #inMemory: Writer | undefined;
  #size = 0;
  #finished = false;

  constructor(options: TieredSinkOptions, onDisk: DiskWriter | undefined, inMemory: Writer | undefined) {
    this.#options = options;
    this.#onDisk = onDisk;
    this.#inMemory = inMemory;
  }

  take(chunk: Uint8Array): Promise<void> | undefined {
    this.#size += chunk.byteLength;
    const taking = this.#takeInMemory(chunk);
    return taking === undefined ? this.#takeOnDisk(chunk) : taking.then(() => this.#takeOnDisk(chunk));
  }

  /** The body is in memory still: without a disk it may be as large as memory takes. */
  #takeInMemory(chunk: Uint8Array): Promise<void> | undefined {
    const writer = this.#inMemory;
    if (writer === undefined) return undefined;
    if (this.#onDisk !== undefined && this.#size > this.#options.largestBytes) {
      return this.#leaveMemory(writer);
    }
    return writer.write(chunk)?.catch((error: unknown) => {
      if (this.#onDisk === undefined) throw error;
      return this.#leaveMemory(writer);
    });
  }

  #takeOnDisk(chunk: Uint8Array): Promise<void> | undefined {
    const writer = this.#onDisk;
    return writer?.write(chunk)?.catch((error: unknown) => {
      const refusal = tell(error, this.#options);
      if (this.#inMemory === undefined) throw refusal;
      return this.#leaveDisk(writer);
    });
  }

  async #leaveMemory(writer: Writer): Promise<void> {
    this.#inMemory = undefined;
    await writer.abort();
  }

  async #leaveDisk(writer: Writer): Promise<void> {
    this.#onDisk = undefined;
    await writer.abort();
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const writer = this.#inMemory ?? this.#onDisk;
    if (writer === undefined) throw new StoreError("MISUSE", "both tiers have let go of the body");
    return await writer.read(offset, length);
  }

  async finish(): Promise<Found> {
    this.#finished = true;
    const { memory, entry } = this.#options;
    let found: Found | undefined;
    let refusal: StoreError | undefined;
    try {
      found = await this.#onDisk?.commit();
      await this.#options.disk.takeArriving();
    } catch (error) {
      refusal = tell(error, this.#options);
    }
    // Memory after the disk, which gives the response its version.
    let held: Found | undefined;
    try {
      held = await this.#inMemory?.commit();
    } catch (error) {
      refusal = toStoreError(error, "the response could not be stored in memory");
    }
    found = held ?? found;
    if (found === undefined) throw refusal ?? new StoreError("NO_ROOM", "no tier holds the response");
    // What memory has under these keys is older now, and would be the answer of the short cut.
    if (held === undefined) memory.drop(variantOf(entry));
    return found;
  }

  /** A commit that was refused has removed its traces itself, and can still be read. */
  async discard(): Promise<void> {
    if (this.#finished) return;
    await this.#inMemory?.abort();
    await this.#onDisk?.abort();
  }

  release(): void {
    this.#inMemory?.release();
    this.#onDisk?.release();
  }
}

function tell(error: unknown, { onTrouble }: Pick<TwoTiers, "onTrouble">): StoreError {
  const refusal = toStoreError(error, "the response could not be stored on disk");
  if (!ordinaryRefusals.has(refusal.code)) onTrouble(refusal);
  return refusal;
}
