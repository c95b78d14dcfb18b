/** The origin stopped in the middle of a body. */
export class OriginStalled extends Error {
  override readonly name = "OriginStalled";
}

/**
 * The same bytes, but a read that waits longer than `stallTimeout` milliseconds fails with `OriginStalled`, after
 * `abort` has ended the request. Time in which nobody reads does not count: a slow client is no stalled origin.
 */
export function withStallLimit(
  body: ReadableStream<Uint8Array>,
  stallTimeout: number,
  abort: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let stalled: OriginStalled | undefined;
  const stall = () => {
    stalled = new OriginStalled(`the origin sent nothing more of its answer for ${stallTimeout / 1000} s`);
    abort();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const timer = setTimeout(stall, stallTimeout);
        try {
          const { done, value } = await reader.read();
          if (stalled !== undefined) throw stalled;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(stalled ?? error);
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
