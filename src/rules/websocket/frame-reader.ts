import { type Breach, isSendable, notUtf8, protocolError, tooBig, uncoded } from "./close-code.ts";
import { createByteQueue } from "./byte-queue.ts";
import { lengthIn2, lengthIn8, mostOfControl, opcodes } from "./frame.ts";
import { createGathering } from "./gathering.ts";

/** The largest message that is passed on, in bytes. */
export const mostOfMessage = 16 * 1024 * 1024;

/** What a peer has said, told in the order in which it said it. */
export interface FramesHeard {
  /** A whole message: a text, or bytes that are the receiver's to keep. It may have come compressed. */
  message(message: string | Uint8Array, wasCompressed: boolean): void;
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The last of all. */
  close(code: number, reason: string): void;
}

/** The peer has broken the protocol; nothing more is read of what it sends. */
export class FrameRefused extends Error {
  override readonly name = "FrameRefused";

  constructor(
    readonly code: Breach,
    message: string,
  ) {
    super(message);
  }
}

interface Head {
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  readonly length: number;
}

/** Undoes the compression of one message (RFC 7692 §7.2.2). Throws `FrameRefused` where it is none, or too large. */
export type Inflate = (bytes: Uint8Array) => Uint8Array;

/**
 * Reads what a server sends (RFC 6455 §5), in whatever portions it comes. Throws `FrameRefused`. `inflate` is null where no
 * compression was agreed on.
 */
export function createFrameReader(
  heard: FramesHeard,
  inflate: Inflate | null = null,
): (bytes: Uint8Array) => void {
  const queue = createByteQueue();
  /** Of a message that comes in several frames. */
  const gathering = createGathering(mostOfMessage);
  let isText = false;
  let isCompressed = false;
  let isClosed = false;
  let head: Head | null = null;

  function takeHead(): Head | null {
    if (queue.size < 2) return null;
    const [first, second] = [queue.at(0), queue.at(1)];
    refuseBits(first & (inflate === null ? 0x70 : 0x30), first & 0x0f, second);
    const short = second & 0x7f;
    const extended = short === lengthIn8 ? 8 : short === lengthIn2 ? 2 : 0;
    if (queue.size < 2 + extended) return null;
    const bytes = queue.take(2 + extended);
    const length =
      extended === 8 ? Number(bytes.readBigUInt64BE(2)) : extended === 2 ? bytes.readUInt16BE(2) : short;
    const isFinal = (first & 0x80) !== 0;
    const taken = { isFinal, isCompressed: (first & 0x40) !== 0, opcode: first & 0x0f, length };
    check(taken);
    return taken;
  }

  function check({ opcode, isFinal, length, ...head }: Head): void {
    const isFirst = opcode === opcodes.text || opcode === opcodes.binary;
    if (head.isCompressed && !isFirst) refuse("a frame is compressed that begins no message");
    if (isControl(opcode)) {
      if (!isFinal || length > mostOfControl) refuse("a control frame is fragmented or too long");
      return;
    }
    const isContinuation = opcode === opcodes.continuation;
    if (isContinuation !== gathering.isOpen) {
      refuse(isContinuation ? "a fragment continues nothing" : "a message begins within another one");
    }
    if (length + gathering.size > mostOfMessage) throw new FrameRefused(tooBig, "a message is too large");
  }

  function take(frame: Head, payload: Buffer): void {
    switch (frame.opcode) {
      case opcodes.ping:
        heard.ping(payload);
        break;
      case opcodes.pong:
        heard.pong(payload);
        break;
      case opcodes.close:
        isClosed = true;
        heard.close(...closeIn(payload));
        break;
      default:
        takePart(frame, payload);
    }
  }

  function takePart({ opcode, isFinal, ...head }: Head, payload: Buffer): void {
    if (opcode !== opcodes.continuation) {
      isText = opcode === opcodes.text;
      isCompressed = head.isCompressed;
    }
    const isWhole = isFinal && !gathering.isOpen;
    if (!isWhole) gathering.add(payload);
    if (!isFinal) return;
    const sent = isWhole ? payload : gathering.end();
    const bytes = isCompressed && inflate !== null ? inflate(sent) : sent;
    heard.message(isText ? textIn(bytes) : bytes, isCompressed);
  }

  return (bytes) => {
    queue.add(bytes);
    while (!isClosed) {
      head ??= takeHead();
      if (head === null || queue.size < head.length) return;
      const frame = head;
      head = null;
      take(frame, queue.take(frame.length));
    }
  };
}

function refuseBits(unagreed: number, opcode: number, second: number): void {
  if (unagreed !== 0) refuse("a frame has bits of an extension that was not agreed on");
  if ((second & 0x80) !== 0) refuse("a server's frame is masked");
  const isKnown = opcode <= opcodes.binary || (opcode >= opcodes.close && opcode <= opcodes.pong);
  if (!isKnown) refuse("a frame is of a kind that there is not");
}

function isControl(opcode: number): boolean {
  return opcode >= opcodes.close;
}

function closeIn(payload: Buffer): [code: number, reason: string] {
  if (payload.byteLength === 0) return [uncoded, ""];
  const code = payload.byteLength === 1 ? 0 : payload.readUInt16BE(0);
  if (!isSendable(code)) refuse("a Close frame has no code that may be sent");
  return [code, textIn(payload.subarray(2))];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textIn(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FrameRefused(notUtf8, "a text is not UTF-8");
  }
}

function refuse(why: string): never {
  throw new FrameRefused(protocolError, why);
}
