/** Where bytes go: a socket of Bun's, which takes as many as it can. */
export interface Sink {
  /** How many of them it has taken; a negative number when it is closed. */
  write(bytes: Uint8Array): number;
}

/** Writes to a socket whole what that takes in parts. */
export interface Outlet {
  send(bytes: Uint8Array): void;
  /** The socket takes bytes again. */
  drain(): void;
}

export function createOutlet(sink: Sink): Outlet {
  /** What waits for the socket, first the rest of what it has taken in part. */
  const waiting: Uint8Array[] = [];

  /** False when the socket has not taken all of it. */
  function write(bytes: Uint8Array): boolean {
    const written = Math.max(0, sink.write(bytes));
    if (written === bytes.byteLength) return true;
    waiting.unshift(bytes.subarray(written));
    return false;
  }

  return {
    send(bytes) {
      if (waiting.length > 0) waiting.push(bytes);
      else write(bytes);
    },
    drain() {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (!write(next)) return;
      }
    },
  };
}
