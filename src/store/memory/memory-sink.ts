import { createBodyBuffer } from "../body-buffer.ts";
import type { Found } from "../tier.ts";
import type { BodySink } from "../writer.ts";

/** What a body on its way asks of the memory. */
export interface Holdings {
  /** Room for so many bytes more of a body that then has `size`. Throws a `StoreError` when there is none. */
  reserve(bytes: number, size: number): void;
  giveBack(bytes: number): void;
  /** The body is whole. Throws a `StoreError` when the response cannot be kept. */
  enter(body: Uint8Array<ArrayBuffer>): Found;
}

/** A body on its way into memory. */
export function createMemorySink(holdings: Holdings, expectedSize: number | undefined): BodySink {
  const buffer = createBodyBuffer(expectedSize);
  let reserved = 0;

  function giveBack(): void {
    holdings.giveBack(reserved);
    reserved = 0;
  }

  return {
    take(chunk) {
      holdings.reserve(chunk.byteLength, buffer.size + chunk.byteLength);
      reserved += chunk.byteLength;
      buffer.append(chunk);
    },
    read: (offset, length) => buffer.view().slice(offset, offset + length),
    finish() {
      giveBack();
      return holdings.enter(buffer.take());
    },
    discard: giveBack,
    release: () => undefined,
  };
}
