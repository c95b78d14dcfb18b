import type { Part } from "../rules/range.ts";
import type { PieceReader } from "../store/store.ts";

/** Bytes of a body, from wherever they come. */
export interface Segment {
  readonly part: Part;
  /** Exactly the bytes of the part. Called once, when those before it have been read. */
  readonly open: () => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/**
 * The segments one after the other, at the reader's pace. A segment of another length than its part, or one that
 * breaks off, breaks off the whole. `onEnd` is called once, at the end or when the reader leaves.
 */
export function inSequence(segments: readonly Segment[], onEnd: () => void): ReadableStream<Uint8Array> {
  const waiting = [...segments];
  let current: OpenSegment | undefined;
  let ended = false;

  function end(): void {
    if (!ended) onEnd();
    ended = true;
  }

  async function openNext(): Promise<OpenSegment | undefined> {
    const segment = waiting.shift();
    if (segment === undefined) return undefined;
    const reader = (await segment.open()).getReader();
    if (ended) await reader.cancel();
    const { start, end } = segment.part;
    current = { read: () => reader.read(), cancel: () => reader.cancel(), left: end - start };
    return current;
  }

  /** Undefined at the end. */
  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const open = current ?? (await openNext());
      if (open === undefined) return undefined;
      const { value } = await open.read();
      if (value === undefined) {
        if (open.left > 0) throw new Error(`a part ended ${open.left} bytes early`);
        current = undefined;
        continue;
      }
      open.left -= value.byteLength;
      if (open.left < 0) throw new Error("a part came to more than its bytes");
      return value;
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await next();
          if (chunk !== undefined) return controller.enqueue(chunk);
          end();
          controller.close();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      async cancel() {
        end();
        await current?.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}

interface OpenSegment {
  readonly read: () => Promise<{ value?: Uint8Array | undefined }>;
  readonly cancel: () => Promise<void>;
  /** Bytes that are still to come. */
  left: number;
}

const readAtATime = 256 * 1024;

/** What is held of a part, from its file. */
export function heldBytes(reader: PieceReader, { start, end }: Part): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at >= end) return controller.close();
        const bytes = await reader.read(at, Math.min(readAtATime, end - at));
        at += bytes.byteLength;
        controller.enqueue(bytes);
      },
    },
    { highWaterMark: 0 },
  );
}
