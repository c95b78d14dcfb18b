/**
 * Pings of the client that were passed on. Bun's server has answered each by itself, so that the origin's answer would be the
 * second one.
 */
export interface Pings {
  passed(payload: Uint8Array): void;
  /** Whether a pong of the origin answers one of them. */
  isAnswered(payload: Uint8Array): boolean;
}

/** Answers to older ones are passed on, which is allowed (RFC 6455 §5.5.3). */
const mostRemembered = 64;

export function createPings(): Pings {
  const unanswered: string[] = [];
  return {
    passed(payload) {
      unanswered.push(wordOf(payload));
      if (unanswered.length > mostRemembered) unanswered.shift();
    },
    isAnswered(payload) {
      const place = unanswered.indexOf(wordOf(payload));
      // One answer may stand for all pings until then (RFC 6455 §5.5.3).
      unanswered.splice(0, place + 1);
      return place !== -1;
    },
  };
}

function wordOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("latin1");
}
