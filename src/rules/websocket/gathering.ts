/** The parts of one message after another. However small the parts are, they take little more room than their bytes. */
export interface Gathering {
  /** Whether a message has begun and not ended. */
  readonly isOpen: boolean;
  readonly size: number;
  add(part: Uint8Array): void;
  /** All of it; the next part begins another one. */
  end(): Uint8Array;
}

const leastRoom = 1024;

/** `most`: bytes that all parts together never exceed. */
export function createGathering(most: number): Gathering {
  let room = new Uint8Array();
  let size = 0;
  let isOpen = false;

  function makeRoom(needed: number): void {
    if (needed <= room.byteLength) return;
    const grown = new Uint8Array(Math.min(most, Math.max(leastRoom, needed, 2 * room.byteLength)));
    grown.set(room.subarray(0, size));
    room = grown;
  }

  return {
    get isOpen() {
      return isOpen;
    },
    get size() {
      return size;
    },
    add(part) {
      isOpen = true;
      makeRoom(size + part.byteLength);
      room.set(part, size);
      size += part.byteLength;
    },
    end() {
      const whole = room.subarray(0, size);
      room = new Uint8Array();
      size = 0;
      isOpen = false;
      return whole;
    },
  };
}
