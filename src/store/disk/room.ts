import { StoreError } from "../tier.ts";

/** Bytes in whole blocks of the file system, and files. */
export interface Extent {
  readonly bytes: number;
  readonly files: number;
}

/** What a process has on the disk beside what the index counts. */
export interface Beside {
  /** Bodies on their way in, and reserved for them. */
  readonly arriving: Extent;
  /** Bodies whose rows are gone and whose files are removed in a moment. */
  readonly leaving: Extent;
}

/**
 * Keeps the bodies of this process that have no row within the bounds that all processes share. What arrives is
 * reserved a grain at a time, so that the others are asked for leave seldom.
 */
export interface Room {
  /** Before a file is begun or bytes are written. Throws a `StoreError`, NO_ROOM, when the bounds forbid it. */
  take(bytes: number, files: number): void;
  /** What was taken is not there any more. */
  give(bytes: number, files: number): void;
  /** What was taken has a row, with the change to the index that follows. */
  enterAsRows(bytes: number, files: number): void;
  /** The change has failed: there are no such rows yet. */
  takeBack(bytes: number, files: number): void;
  /** Files that wait for their removal. */
  leave(bytes: number, files: number): void;
  left(bytes: number, files: number): void;
  /** What the others should know of, rounded up to the grain. */
  readonly beside: Beside;
}

export interface RoomOptions {
  readonly grain: Extent;
  /** Tells the other processes what this one has beside, as it is now. */
  readonly enter: () => void;
  /** The same, and makes room for it where that helps; false when there is none now. */
  readonly ask: () => boolean;
}

/** The file system's blocks, near enough everywhere. */
const blockOfFileSystem = 4096;

/** What a body takes on the disk. */
export function occupied(size: number): number {
  return Math.ceil(size / blockOfFileSystem) * blockOfFileSystem;
}

/** A small share of the bounds. */
export function grainFor(maxBytes: number, maxFiles: number): Extent {
  const blocks = Math.floor(maxBytes / 512 / blockOfFileSystem);
  return {
    bytes: clamp(blocks, 1, 1024) * blockOfFileSystem,
    files: clamp(Math.floor(maxFiles / 1024), 1, 64),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

export function createRoom({ grain, enter, ask }: RoomOptions): Room {
  const arriving = { bytes: 0, files: 0 };
  const leaving = { bytes: 0, files: 0 };
  let reserved: Extent = { bytes: 0, files: 0 };

  function roundedUp(): Extent {
    return {
      bytes: Math.ceil(arriving.bytes / grain.bytes) * grain.bytes,
      files: Math.ceil(arriving.files / grain.files) * grain.files,
    };
  }

  function add(extent: { bytes: number; files: number }, bytes: number, files: number): void {
    extent.bytes += bytes;
    extent.files += files;
  }

  return {
    take(bytes, files) {
      add(arriving, bytes, files);
      if (arriving.bytes <= reserved.bytes && arriving.files <= reserved.files) return;
      const enteredBefore = reserved;
      try {
        if (ask()) return;
        add(arriving, -bytes, -files);
      } catch (error) {
        add(arriving, -bytes, -files);
        // The others know nothing of more.
        reserved = enteredBefore;
        throw error;
      }
      enter();
      throw new StoreError("NO_ROOM", "the disk cache is full, and what goes has not gone yet");
    },
    give(bytes, files) {
      add(arriving, -bytes, -files);
      const { bytes: needed, files: neededFiles } = roundedUp();
      if (needed < reserved.bytes || neededFiles < reserved.files) enter();
    },
    enterAsRows: (bytes, files) => add(arriving, -bytes, -files),
    takeBack: (bytes, files) => add(arriving, bytes, files),
    leave: (bytes, files) => add(leaving, bytes, files),
    left: (bytes, files) => add(leaving, -bytes, -files),
    get beside() {
      reserved = roundedUp();
      return { arriving: reserved, leaving: { ...leaving } };
    },
  };
}
