import type { BodyReader } from "../../origin/body.ts";
import type { Part } from "../../rules/range.ts";
import type { PieceReader } from "../../store/tier.ts";

/** Bytes of a body, from wherever they come. */
export interface Segment {
  readonly part: Part;
  /** Exactly the bytes of the part. Called once, when those before it have been read. */
  readonly open: () => BodyReader | Promise<BodyReader>;
}

/**
 * The segments one after the other, at the reader's pace. A segment of another length than its part, or one that
 * breaks off, breaks off the whole. `onEnd` is called once, at the end or when the reader leaves; what is open
 * by then is cancelled.
 */
export function inSequence(segments: readonly Segment[], onEnd: () => void): BodyReader {
  const waiting = [...segments];
  let current: { readonly body: BodyReader; left: number } | undefined;
  let ended = false;

  function end(): void {
    if (!ended) onEnd();
    ended = true;
  }

  async function openNext(): Promise<typeof current> {
    const segment = waiting.shift();
    if (segment === undefined) return undefined;
    const body = await segment.open();
    if (ended) {
      await body.cancel();
      return undefined;
    }
    const { start, end } = segment.part;
    current = { body, left: end - start };
    return current;
  }

  /** Undefined at the end. */
  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const open = current ?? (await openNext());
      if (open === undefined) return undefined;
      const chunk = await open.body.read();
      if (chunk === undefined) {
        if (open.left > 0) throw new Error(`a part ended ${open.left} bytes early`);
        current = undefined;
        continue;
      }
      open.left -= chunk.byteLength;
      if (open.left < 0) throw new Error("a part came to more than its bytes");
      return chunk;
    }
  }

  return {
    async read() {
      try {
        const chunk = await next();
        if (chunk === undefined) end();
        return chunk;
      } catch (error) {
        end();
        await current?.body.cancel();
        throw error;
      }
    },
    async cancel() {
      end();
      await current?.body.cancel();
    },
  };
}

const readAtATime = 256 * 1024;

/** What is held of a part, from its file. */
export function heldBytes(reader: PieceReader, { start, end }: Part): BodyReader {
  let at = start;
  return {
    async read() {
      if (at >= end) return undefined;
      const bytes = await reader.read(at, Math.min(readAtATime, end - at));
      at += bytes.byteLength;
      return bytes;
    },
    cancel: async () => undefined,
  };
}

/** No bytes at all. */
export const emptyBody: BodyReader = { read: async () => undefined, cancel: async () => undefined };
