import type { After } from "../after.ts";

/** What bodies take on the disk: bytes by the id of each. */
export type BodyWeights = ReadonlyMap<string, number>;

export interface DisposalOptions {
  /** Milliseconds for which a file without a row stays at least; 0 removes it at once. */
  readonly disposalDelay: number;
  readonly after: After;
  /** Does not throw. */
  readonly removeBody: (id: string) => void;
  /** Files wait for their removal, or were removed: bytes they take on the disk, and how many they are. */
  readonly onLeaving?: (bytes: number, files: number) => void;
  readonly onLeft?: (bytes: number, files: number) => void;
}

/** Bodies that no row names any more: they go after a while, for somebody may be about to open one. */
export interface Disposal {
  dispose(bodies: BodyWeights): void;
  isWaiting(id: string): boolean;
  /** Removes what still waits. */
  close(): void;
}

export function createDisposal(options: DisposalOptions): Disposal {
  const { disposalDelay, after, removeBody, onLeaving, onLeft } = options;
  /** What goes at the end of this delay, and what came since it began and goes at the end of the next. */
  let leaving: BodyWeights = new Map();
  let disposed = new Map<string, number>();
  let cancelRemoval: (() => void) | undefined;

  function remove(bodies: BodyWeights): void {
    for (const id of bodies.keys()) removeBody(id);
    if (bodies.size > 0) onLeft?.(sumOf(bodies), bodies.size);
  }

  function removeLeaving(): void {
    remove(leaving);
    leaving = disposed;
    disposed = new Map();
    cancelRemoval = undefined;
    scheduleRemoval();
  }

  function scheduleRemoval(): void {
    if (cancelRemoval !== undefined || leaving.size + disposed.size === 0) return;
    cancelRemoval = after(disposalDelay, removeLeaving);
  }

  return {
    dispose(bodies) {
      if (bodies.size === 0) return;
      onLeaving?.(sumOf(bodies), bodies.size);
      if (disposalDelay === 0) return remove(bodies);
      for (const [id, bytes] of bodies) disposed.set(id, bytes);
      scheduleRemoval();
    },
    isWaiting: (id) => disposed.has(id) || leaving.has(id),
    close() {
      cancelRemoval?.();
      remove(new Map([...leaving, ...disposed]));
      leaving = new Map();
      disposed.clear();
    },
  };
}

export function sumOf(weights: BodyWeights): number {
  return weights.values().reduce((sum, bytes) => sum + bytes, 0);
}
