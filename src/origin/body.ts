import type { Deadlines } from "./deadlines.ts";

/** Bytes on their way, at the pace of the one who reads. A stream of JavaScript's own would cost many times as much. */
export interface BodyReader {
  /** The next bytes, at least one; undefined at the end. One call at a time. Rejects when the body breaks off. */
  read(): Promise<Uint8Array | undefined>;
  /** The rest is not wanted. */
  cancel(): Promise<void>;
}

/** The origin stopped in the middle of a body. */
export class OriginStalled extends Error {
  override readonly name = "OriginStalled";
}

/**
 * The origin's body. A read that waits until its deadline fails with `OriginStalled`, after `abort` has ended the request.
 * Time in which nobody reads does not count: a slow client is no stalled origin.
 */
export function readerOfOrigin(
  body: ReadableStream<Uint8Array>,
  deadlines: Deadlines,
  stalledAfterSeconds: number,
  abort: () => void,
): BodyReader {
  const reader = body.getReader();
  let stalled: OriginStalled | undefined;
  const stall = () => {
    stalled = new OriginStalled(`the origin sent nothing more of its answer for ${stalledAfterSeconds} s`);
    abort();
  };
  return {
    async read() {
      const deadline = deadlines.begin(stall);
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (stalled !== undefined) throw stalled;
          if (done) return undefined;
          if (value.byteLength > 0) return value;
        }
      } catch (error) {
        throw stalled ?? error;
      } finally {
        deadlines.end(deadline);
      }
    },
    cancel: () => reader.cancel(),
  };
}
