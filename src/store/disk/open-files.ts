import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { FileBody } from "../memory/entry.ts";

/** Files of bodies held open between requests, so that one is not opened for each. */
export interface OpenFiles {
  /** Whether the file is there and was not written to since it was found. */
  isAsFound(file: FileBody): boolean;
  /**
   * Bytes of a file that `isAsFound`, at most `mostReadBytes`, in a buffer that the next call uses again; undefined
   * when they cannot be read. Both answer with less than the truth when the system refuses: who asks then finds the
   * file anew, and hears of the trouble there.
   */
  read(file: FileBody, start: number, end: number): Uint8Array<ArrayBuffer> | undefined;
  close(): void;
}

export interface OpenFilesOptions {
  /** 64 by default; the one that was used longest ago is closed. */
  readonly most?: number;
  /** Milliseconds after which a file that was not asked for is closed; one that was removed takes room until then. */
  readonly idle?: number;
}

export const mostReadBytes = 256 * 1024;

/** Up to `mostReadBytes` of a file that is opened for it alone; undefined when they cannot be read. */
export function readPart(path: string, start: number, end: number): Uint8Array<ArrayBuffer> | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const bytes = new Uint8Array(end - start);
    return readSync(descriptor, bytes, 0, end - start, start) === end - start ? bytes : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

interface Held {
  readonly descriptor: number;
  usedSinceSweep: boolean;
}

export function createOpenFiles({ most = 64, idle = 5000 }: OpenFilesOptions = {}): OpenFiles {
  /** The one used last comes last. */
  const held = new Map<string, Held>();
  const buffer = new Uint8Array(mostReadBytes);
  const timer = setInterval(sweep, idle);
  timer.unref();

  function letGo(path: string, { descriptor }: Held): void {
    held.delete(path);
    closeSync(descriptor);
  }

  function sweep(): void {
    for (const [path, file] of held) {
      if (!file.usedSinceSweep || fstatSync(file.descriptor).nlink === 0) letGo(path, file);
      else file.usedSinceSweep = false;
    }
  }

  function open(path: string): Held {
    if (held.size >= most) letOldestGo();
    return { descriptor: openInAnyCase(path), usedSinceSweep: true };
  }

  /** Where no descriptor is left, the files held open have some. */
  function openInAnyCase(path: string): number {
    for (;;) {
      try {
        return openSync(path, "r");
      } catch (error) {
        const isLacking = error instanceof Error && "code" in error && error.code === "EMFILE";
        if (!isLacking || held.size === 0) throw error;
        letOldestGo();
      }
    }
  }

  function letOldestGo(): void {
    const [oldest] = held;
    if (oldest !== undefined) letGo(...oldest);
  }

  function use(path: string): Held {
    const file = held.get(path) ?? open(path);
    file.usedSinceSweep = true;
    held.delete(path);
    held.set(path, file);
    return file;
  }

  return {
    isAsFound({ path, size, modifiedAt }) {
      try {
        const file = use(path);
        const now = fstatSync(file.descriptor);
        if (now.nlink > 0 && now.size === size && Math.floor(now.mtimeMs) === modifiedAt) return true;
        letGo(path, file);
        return false;
      } catch {
        return false;
      }
    },
    read({ path }, start, end) {
      const length = end - start;
      try {
        const count = readSync(use(path).descriptor, buffer, 0, length, start);
        return count === length ? buffer.subarray(0, length) : undefined;
      } catch {
        return undefined;
      }
    },
    close() {
      clearInterval(timer);
      for (const [path, file] of held) letGo(path, file);
    },
  };
}
