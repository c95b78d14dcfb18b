import type { Holding } from "./transit.ts";

/**
 * A body that is at hand, or will be before any of it is sent, as a stream that keeps its length: Bun's server tells the
 * length of one that ends before its high-water mark. `onEnd` is told once how many bytes the client's connection has
 * taken; what is held for the body is given back then.
 */
export function wholeStream(
  gather: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
  size: number,
  holding: Holding,
  onEnd: (bytes: number) => void = () => undefined,
): ReadableStream<Uint8Array> {
  let ended = false;

  function end(bytes: number): void {
    if (ended) return;
    ended = true;
    holding.giveAll();
    onEnd(bytes);
  }

  return new ReadableStream<Uint8Array>(
    {
      type: "direct",
      async pull(controller) {
        try {
          for (const chunk of await gather()) controller.write(chunk as Uint8Array<ArrayBuffer>);
          end(await controller.end());
        } finally {
          end(0);
        }
      },
      cancel: () => end(0),
    },
    { highWaterMark: size + 1 },
  );
}
