import { constants, inflateRawSync } from "node:zlib";
import { notUtf8, tooBig } from "../../rules/websocket/close-code.ts";
import { FrameRefused, mostOfMessage } from "../../rules/websocket/frame-reader.ts";

/** Undoes the compression of one message, as far as that does not become too large. */
export function inflate(bytes: Uint8Array): Uint8Array {
  try {
    // The end of what is compressed is left out (RFC 7692 §7.2.1).
    return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: mostOfMessage });
  } catch (error) {
    const isTooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    if (isTooLarge) throw new FrameRefused(tooBig, "a message is too large");
    throw new FrameRefused(notUtf8, "a message is not compressed as it says");
  }
}
