import { isEventStream } from "../rules/event-stream.ts";
import type { Deadlines } from "./deadlines.ts";

/** Bytes on their way, at the pace of the one who reads. A stream of JavaScript's own would cost many times as much. */
export interface BodyReader {
  /** The next bytes, at least one; undefined at the end. One call at a time. Rejects when the body breaks off. */
  read(): Promise<Uint8Array | undefined>;
  /** The rest is not wanted. */
  cancel(): Promise<void>;
}

/** The next part of a body did not come in time. */
export class OriginStalled extends Error {
  override readonly name = "OriginStalled";
}

/**
 * Bytes: a body announced to be no larger is whole before anything is done with it. It is read at once, which costs half as
 * much as a stream of one chunk.
 */
export const wholeSize = 64 * 1024;

/** How long the origin may take for a part of its body: for all of one that is read at once. */
export interface StallLimit {
  /** Null for as long as it likes. */
  readonly deadlines: Deadlines | null;
  readonly seconds: number;
  /** Ends the request. */
  readonly abort: () => void;
}

/**
 * The body of the origin's answer. A read that waits until its deadline fails with `OriginStalled`. Time in which nobody
 * reads does not count: a slow client is no stalled origin. `onBytes` hears how many have come.
 */
export function bodyOfOrigin(
  response: Response,
  limit: StallLimit,
  onBytes?: (bytes: number) => void,
): BodyReader | null {
  const isWhole = isSmall(response.headers);
  const next = isWhole ? readWhole(response) : readParts(response);
  if (next === null) return null;
  let stalled: OriginStalled | undefined;
  const stall = () => {
    const lacking = isWhole ? "did not send all of its answer within" : "sent nothing more of its answer for";
    stalled = new OriginStalled(`the origin ${lacking} ${limit.seconds} s`);
    limit.abort();
  };
  async function inTime(part: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const deadline = limit.deadlines?.begin(stall);
    try {
      const bytes = await part;
      if (stalled !== undefined) throw stalled;
      if (bytes !== undefined) onBytes?.(bytes.byteLength);
      return bytes?.byteLength === 0 ? undefined : bytes;
    } catch (error) {
      throw stalled ?? error;
    } finally {
      if (deadline !== undefined) limit.deadlines?.end(deadline);
    }
  }

  return {
    read() {
      const part = next();
      return part === undefined ? ended : inTime(part);
    },
    cancel: async () => limit.abort(),
  };
}

/** Chunks may be any number, whatever length stands beside them (RFC 9112 §6.3). Events are due one by one. */
function isSmall(fields: Headers): boolean {
  const announced = fields.get("content-length");
  if (announced === null || fields.has("transfer-encoding") || isEventStream(fields)) return false;
  return /^\d{1,5}$/.test(announced) && Number(announced) <= wholeSize;
}

const ended: Promise<undefined> = Promise.resolve(undefined);

/** The next bytes; undefined, or none, at the end. */
type Next = () => Promise<Uint8Array | undefined> | undefined;

function readWhole(response: Response): Next {
  let isRead = false;
  return () => {
    if (isRead) return undefined;
    isRead = true;
    return response.bytes();
  };
}

function readParts({ body }: Response): Next | null {
  if (body === null) return null;
  const reader = body.getReader();
  return async () => {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined || value.byteLength > 0) return value;
    }
  };
}
