import { createBodyBuffer } from "../body-buffer.ts";
import type { Found } from "../tier.ts";
import type { BodySink } from "../writer.ts";

/** Room in memory for a body on its way. */
export interface ReservedRoom {
  /** Room for so many bytes more of a body that then has `size`. Throws a `StoreError` when there is none. */
  reserve(bytes: number, size: number): void;
  release(bytes: number): void;
}

/** A body on its way into memory. `enter` has it when it is whole, and throws when the response cannot be kept. */
export function createMemorySink(
  room: ReservedRoom,
  expectedSize: number | undefined,
  enter: (body: Uint8Array<ArrayBuffer>) => Found,
): BodySink {
  const buffer = createBodyBuffer(expectedSize);
  let reserved = 0;

  function releaseAll(): void {
    room.release(reserved);
    reserved = 0;
  }

  return {
    take(chunk) {
      room.reserve(chunk.byteLength, buffer.size + chunk.byteLength);
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
