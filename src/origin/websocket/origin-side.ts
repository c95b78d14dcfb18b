import type { Duplex } from "node:stream";
import { abnormal, protocolError } from "../../rules/websocket/close-code.ts";
import { closePayload, maskedFrame, opcodes, type SentOpcode } from "../../rules/websocket/frame.ts";
import { createFrameReader, FrameRefused, type FramesHeard } from "../../rules/websocket/frame-reader.ts";
import { inflate } from "./inflate.ts";
import type { Heard, OriginSide, Side } from "./side.ts";

/** Four bytes that nobody can foretell (RFC 6455 §10.3). */
export type NewMask = () => Uint8Array;

export interface OriginSideOptions {
  readonly newMask: NewMask;
  /** Messages may come compressed. They are sent plain: the origin is near. */
  readonly mayCompress: boolean;
}

/**
 * The origin's side, over a connection whose handshake is done. `first` has come with the end of it. Whoever listens has to
 * cut a side that does not answer its Close.
 */
export function originSide(
  socket: Duplex,
  first: Uint8Array,
  { newMask, mayCompress }: OriginSideOptions,
): OriginSide {
  socket.pause();
  // Whoever listens hears of the end; before that nobody has to.
  socket.on("error", () => undefined);
  if (first.byteLength > 0) socket.unshift(first);
  return {
    mayCompress,
    begin: (heard) => listen(socket, { newMask, mayCompress }, heard),
    cut: () => void socket.destroy(),
  };
}

function listen(socket: Duplex, { newMask, mayCompress }: OriginSideOptions, heard: Heard): Side {
  let hasSaidClose = false;
  let hasHeardClose = false;

  function write(opcode: SentOpcode, payload: string | Uint8Array): void {
    if (!hasSaidClose && socket.writable) socket.write(maskedFrame(opcode, payload, newMask()));
  }

  function sayClose(code: number, reason: string): void {
    if (code !== abnormal) write(opcodes.close, closePayload(code, reason));
    hasSaidClose = true;
    // The server closes the connection first, if it keeps to the protocol (RFC 6455 §7.1.1).
    if (hasHeardClose || code === abnormal) socket.end();
    socket.resume();
  }

  function hearClose(code: number, reason: string): void {
    if (hasHeardClose) return;
    hasHeardClose = true;
    heard.closed(code, reason);
  }

  const frames = {
    message: heard.message,
    ping: heard.ping,
    pong: heard.pong,
    close(code, reason) {
      hearClose(code, reason);
      if (hasSaidClose) socket.end();
      else sayClose(code, reason);
    },
  } satisfies FramesHeard;
  const read = createFrameReader(frames, mayCompress ? inflate : null);

  function hear(bytes: Uint8Array): void {
    if (hasHeardClose) return;
    try {
      read(bytes);
    } catch (error) {
      sayClose(error instanceof FrameRefused ? error.code : protocolError, "");
      hearClose(abnormal, "");
      socket.end();
      if (!(error instanceof FrameRefused)) throw error;
    }
  }

  socket.on("data", hear);
  socket.on("drain", () => heard.drained());
  socket.on("end", () => {
    hearClose(abnormal, "");
    socket.end();
  });
  socket.on("close", () => hearClose(abnormal, ""));
  // Nothing is heard before this has returned.
  if (socket.destroyed) queueMicrotask(() => hearClose(abnormal, ""));
  else socket.resume();

  return {
    send: (message) => write(typeof message === "string" ? opcodes.text : opcodes.binary, message),
    ping: (payload) => write(opcodes.ping, payload),
    pong: (payload) => write(opcodes.pong, payload),
    close: sayClose,
    cut: () => void socket.destroy(),
    get waiting() {
      return socket.writableLength;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}
