import type { BodyReader } from "../../origin/body.ts";
import type { Inbound } from "../request/inbound.ts";

/** The body is not wanted any more when the signal says that its reader has left, or had left before. */
export function cancelWith(signal: AbortSignal, body: Pick<BodyReader, "cancel">): void {
  // What becomes of a body that nobody wants is of no interest.
  const cancel = () => void body.cancel().catch(() => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
}

/**
 * The body as Bun's server wants it, at the client's pace. `onEnd` is told once how many bytes were handed over: when the
 * body ends, or breaks off, or the client leaves (its signal, or by cancelling); then the rest is not wanted.
 */
export function streamOf(
  body: BodyReader,
  onEnd: (bytes: number) => void,
  { signal, limitIdle }: Pick<Inbound, "signal" | "limitIdle">,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  let ended = false;

  function end(): void {
    if (!ended) onEnd(bytes);
    ended = true;
  }

  async function leave(): Promise<void> {
    if (ended) return;
    end();
    await body.cancel();
  }

  cancelWith(signal, { cancel: leave });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          limitIdle(false);
          const chunk = await body.read();
          limitIdle(true);
          if (ended) throw new Error("the client has left");
          if (chunk === undefined) {
            end();
            controller.close();
          } else {
            bytes += chunk.byteLength;
            controller.enqueue(chunk);
          }
        } catch (error) {
          // Broken off without its last chunk: who still reads sees that the body is not whole (RFC 9112 §8).
          end();
          controller.error(error);
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}
