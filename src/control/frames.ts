/** A message with bytes behind it: bodies would be a third longer as text, and each byte would be looked at thrice. */
export interface Frame {
  /** JSON. */
  readonly head: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The whole frame's length without this number, and the head's: 32 bits each, the less significant bytes first. */
const prefixBytes = 8;
/** What is longer is no frame of ours: a batch holds some megabytes. */
const mostBytes = 256 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One frame, with the bytes of the bodies one after the other. */
export function encodeFrame(head: string, bodies: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(head);
  const length = bodies.reduce((sum, { byteLength }) => sum + byteLength, text.byteLength);
  const frame = new Uint8Array(prefixBytes + length);
  const numbers = new DataView(frame.buffer);
  numbers.setUint32(0, length, true);
  numbers.setUint32(4, text.byteLength, true);
  frame.set(text, prefixBytes);
  let at = prefixBytes + text.byteLength;
  for (const body of bodies) {
    frame.set(body, at);
    at += body.byteLength;
  }
  return frame;
}

/** What comes over a connection is no frame, or one that nobody would send. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Takes what comes, in whatever pieces, and gives the frames that are whole by then. Throws a `FrameError`. */
export function createFrameReader(): (chunk: Uint8Array) => Frame[] {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let wanted = prefixBytes;

  function gathered(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(heldBytes);
    let at = 0;
    for (const chunk of held) {
      all.set(chunk, at);
      at += chunk.byteLength;
    }
    return all;
  }

  return (chunk) => {
    held.push(chunk.slice());
    heldBytes += chunk.byteLength;
    if (heldBytes < wanted) return [];
    const { frames, rest, needed } = framesIn(gathered());
    held = rest.byteLength === 0 ? [] : [rest];
    heldBytes = rest.byteLength;
    wanted = needed;
    return frames;
  };
}

/** Whole frames, what is left behind them, and how long that has to become. */
function framesIn(all: Uint8Array<ArrayBuffer>): {
  readonly frames: Frame[];
  readonly rest: Uint8Array<ArrayBuffer>;
  readonly needed: number;
} {
  const frames: Frame[] = [];
  let at = 0;
  while (all.byteLength - at >= prefixBytes) {
    const numbers = new DataView(all.buffer, all.byteOffset + at, prefixBytes);
    const [length, headLength] = [numbers.getUint32(0, true), numbers.getUint32(4, true)];
    if (length > mostBytes || headLength > length) throw new FrameError("it does not begin as a frame does");
    const end = at + prefixBytes + length;
    if (end > all.byteLength) return { frames, rest: all.slice(at), needed: prefixBytes + length };
    const headEnd = at + prefixBytes + headLength;
    frames.push({
      head: decoder.decode(all.subarray(at + prefixBytes, headEnd)),
      bytes: all.subarray(headEnd, end),
    });
    at = end;
  }
  return { frames, rest: all.slice(at), needed: prefixBytes };
}
