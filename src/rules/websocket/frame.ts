import { isSendable } from "./close-code.ts";

/** RFC 6455 §5.2 */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type SentOpcode = (typeof opcodes)["text" | "binary" | "close" | "ping" | "pong"];

/** A control frame holds no more bytes than these. */
export const mostOfControl = 125;

/** What the first two bytes say when the length stands in two or in eight bytes after them. */
export const lengthIn2 = 126;
export const lengthIn8 = 127;

const final = 0x80;
const masked = 0x80;

/**
 * A whole message as a client sends it: in one frame, masked (RFC 6455 §5.3) with these four bytes, which nobody may have
 * been able to foretell.
 */
export function maskedFrame(opcode: SentOpcode, payload: string | Uint8Array, mask: Uint8Array): Uint8Array {
  const isText = typeof payload === "string";
  const length = isText ? Buffer.byteLength(payload) : payload.byteLength;
  const extended = length > 0xffff ? 8 : length > mostOfControl ? 2 : 0;
  const head = 2 + extended + mask.length;
  // The payload begins where words of four bytes do: they are masked at once.
  const start = (4 - (head % 4)) % 4;
  const whole = Buffer.from(new ArrayBuffer(start + head + length));
  whole[start] = final | opcode;
  whole[start + 1] = masked | (extended === 8 ? lengthIn8 : extended === 2 ? lengthIn2 : length);
  if (extended === 2) whole.writeUInt16BE(length, start + 2);
  if (extended === 8) whole.writeBigUInt64BE(BigInt(length), start + 2);
  whole.set(mask, start + 2 + extended);
  if (isText) whole.write(payload, start + head);
  else whole.set(payload, start + head);
  applyMask(whole, start + head, mask);
  return whole.subarray(start);
}

/** The payload of a Close frame: nothing where the code may not be sent. */
export function closePayload(code: number, reason: string): Uint8Array {
  if (!isSendable(code)) return new Uint8Array();
  const payload = Buffer.alloc(2 + mostOfControl);
  payload.writeUInt16BE(code);
  // Not within a character: what does not fit is left out.
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2, mostOfControl));
  return payload.subarray(0, 2 + written);
}

function applyMask(whole: Uint8Array, from: number, mask: Uint8Array): void {
  const words = new Int32Array(whole.buffer, whole.byteOffset + from, (whole.length - from) >> 2);
  const [maskWord = 0] = new Int32Array(Uint8Array.from(mask).buffer, 0, 1);
  for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) ^ maskWord;
  for (let at = from + words.length * 4; at < whole.length; at++) {
    whole[at] = (whole[at] ?? 0) ^ (mask[(at - from) % 4] ?? 0);
  }
}
