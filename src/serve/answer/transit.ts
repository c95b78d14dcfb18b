/** The memory that bodies take on their way through this worker: one bound for all of them together. */
export interface Transit {
  /**
   * An account of one body. `spare` is called when others want room: it gives back what can be had again otherwise, such
   * as bytes that a file has by now.
   */
  hold(spare?: () => void): Holding;
  /** Held now. */
  readonly bytes: number;
  /** Whether more is held than should be, though each has given back what it could spare. */
  readonly isShort: boolean;
}

/** What one body takes. All must be given back in the end. */
export interface Holding {
  /** Bytes that are there in any case: a part of a body that has come, and that somebody needs. */
  take(bytes: number): void;
  /** Room for bytes that could do without; false when there is none. */
  reserve(bytes: number): boolean;
  give(bytes: number): void;
  giveAll(): void;
}

export function createTransit(mostBytes: number): Transit {
  let bytes = 0;
  /** Those who may have something to spare, the first to come first. */
  const spares = new Set<() => void>();

  function makeRoom(wanted: number): boolean {
    for (const spare of spares) {
      if (bytes + wanted <= mostBytes) break;
      spares.delete(spare);
      spare();
    }
    return bytes + wanted <= mostBytes;
  }

  return {
    hold(spare) {
      let held = 0;
      function add(change: number): void {
        held += change;
        bytes += change;
        if (spare === undefined) return;
        if (held > 0) spares.add(spare);
        else spares.delete(spare);
      }
      return {
        take(taken) {
          makeRoom(taken);
          add(taken);
        },
        reserve(wanted) {
          if (!makeRoom(wanted)) return false;
          add(wanted);
          return true;
        },
        give: (given) => add(-given),
        giveAll: () => add(-held),
      };
    },
    get bytes() {
      return bytes;
    },
    get isShort() {
      return bytes > mostBytes;
    },
  };
}
