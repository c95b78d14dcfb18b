/** A text, or bytes. */
export type Message = string | Uint8Array;

/** One side of a WebSocket, as it is spoken to. What is said to one that has gone goes nowhere. */
export interface Side {
  /** `isCompressible`: it came compressed, and may be sent so. */
  send(message: Message, isCompressible: boolean): void;
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /**
   * Says that this is the end, after all that was said before. 1005 is said without a code; after 1006 the connection ends
   * without a Close frame, as the other side's has.
   */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  cut(): void;
  /** Bytes that were said to it and that it has not taken yet. */
  readonly waiting: number;
  /** Listens to it no more for a while, so that it has to wait with what it says. */
  pause(): void;
  resume(): void;
}

/** What one side says, in the order in which it says it. */
export interface Heard {
  message(message: Message, wasCompressed: boolean): void;
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** It has taken some of what was waiting for it. */
  drained(): void;
  /** Said once, the last of all: it closes, or its connection has ended (1006). */
  closed(code: number, reason: string): void;
}

/** The origin's side, which says nothing until somebody listens. */
export interface OriginSide {
  /** It has agreed to send messages compressed, if it likes. */
  readonly mayCompress: boolean;
  /** Listens from here on. */
  begin(heard: Heard): Side;
  /** Nobody will listen. */
  cut(): void;
}
