import { createBodyBuffer } from "../body-buffer.ts";
import { type Found, StoreError } from "../tier.ts";
import type { BodySink } from "../writer.ts";
import type { BoundedSlots } from "./bounded-slots.ts";

export interface MemorySinkOptions {
  readonly slots: Pick<BoundedSlots<unknown>, "reserve" | "release">;
  readonly maxObjectBytes: number;
  readonly expectedSize: number | undefined;
  /** Has the body when it is whole; throws when the response cannot be kept. */
  readonly enter: (body: Uint8Array<ArrayBuffer>) => Found;
}

/** A body on its way into memory. */
export function createMemorySink(options: MemorySinkOptions): BodySink {
  const { slots, maxObjectBytes, expectedSize, enter } = options;
  const buffer = createBodyBuffer(expectedSize);
  let reserved = 0;

  function releaseAll(): void {
    slots.release(reserved);
    reserved = 0;
  }

  return {
    take(chunk) {
      refuseLarge(buffer.size + chunk.byteLength, maxObjectBytes);
      if (!slots.reserve(chunk.byteLength)) throw noRoom();
      reserved += chunk.byteLength;
      buffer.append(chunk);
    },
    read: (offset, length) => buffer.view().slice(offset, offset + length),
    finish() {
      releaseAll();
      return enter(buffer.take());
    },
    discard: releaseAll,
    release: () => undefined,
  };
}

/** Throws a `StoreError` where a body is larger than memory takes. */
export function refuseLarge(size: number, maxObjectBytes: number): void {
  if (size <= maxObjectBytes) return;
  throw new StoreError("TOO_LARGE", `memory holds bodies up to ${maxObjectBytes} bytes`);
}

export function noRoom(): StoreError {
  return new StoreError("NO_ROOM", "the memory is taken by bodies on their way in");
}
