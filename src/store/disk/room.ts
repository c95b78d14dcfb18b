import { StoreError } from "../tier.ts";
import type { Extent, Keeper } from "./keeper.ts";

/**
 * Room on the disk for the bodies of this process that have no row yet. The keeper grants it, some more at a time than is
 * needed, so that it is asked seldom.
 */
export interface Room {
  /**
   * Before a file is begun or bytes are written; undefined where it was granted already. Rejects with a `StoreError`,
   * NO_ROOM, when the bounds forbid it, or for the reason that there is no keeper to ask.
   */
  take(bytes: number, files: number): Promise<void> | undefined;
  /** What was taken is not there any more. */
  give(bytes: number, files: number): void;
  /** What was taken is handed to the keeper with its row. */
  handOver(bytes: number, files: number): void;
  /** The row has not arrived. */
  takeBack(bytes: number, files: number): void;
  /** What was granted. */
  readonly granted: Extent;
}

/** The file system's blocks, near enough everywhere. */
const blockOfFileSystem = 4096;

/** What a body takes on the disk. */
export function occupied(size: number): number {
  return Math.ceil(size / blockOfFileSystem) * blockOfFileSystem;
}

/** What is asked for at a time: a small share of the bounds. */
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

export function createRoom(keeper: Pick<Keeper, "grant" | "giveBack">, grain: Extent): Room {
  const taken = { bytes: 0, files: 0 };
  const granted = { bytes: 0, files: 0 };
  /** One asks at a time: what is asked for beyond a need may be enough for the next, but only once it is granted. */
  let asking: Promise<void> = Promise.resolve();

  function add(extent: { bytes: number; files: number }, bytes: number, files: number): void {
    extent.bytes += bytes;
    extent.files += files;
  }

  function isGranted(bytes: number, files: number): boolean {
    return taken.bytes + bytes <= granted.bytes && taken.files + files <= granted.files;
  }

  async function ask(bytes: number, files: number): Promise<void> {
    const lacking = {
      bytes: Math.max(0, taken.bytes + bytes - granted.bytes),
      files: Math.max(0, taken.files + files - granted.files),
    };
    const wanted = {
      bytes: roundedUp(lacking.bytes, grain.bytes),
      files: roundedUp(lacking.files, grain.files),
    };
    if (!(await keeper.grant(wanted))) {
      throw new StoreError("NO_ROOM", "the disk cache is full, and what goes has not gone yet");
    }
    add(granted, wanted.bytes, wanted.files);
  }

  async function takeAfter(former: Promise<void>, bytes: number, files: number): Promise<void> {
    // Whether the one before got what it asked for is its own affair.
    await former.catch(() => undefined);
    // Again where others have taken meanwhile, at once, of what was left.
    while (!isGranted(bytes, files)) await ask(bytes, files);
    add(taken, bytes, files);
  }

  function giveBackSurplus(): void {
    const bytes = granted.bytes - roundedUp(taken.bytes, grain.bytes);
    const files = granted.files - roundedUp(taken.files, grain.files);
    if (bytes <= 0 && files <= 0) return;
    const surplus = { bytes: Math.max(bytes, 0), files: Math.max(files, 0) };
    add(granted, -surplus.bytes, -surplus.files);
    keeper.giveBack(surplus);
  }

  return {
    take(bytes, files) {
      if (!isGranted(bytes, files)) {
        asking = takeAfter(asking, bytes, files);
        return asking;
      }
      add(taken, bytes, files);
      return undefined;
    },
    give(bytes, files) {
      add(taken, -bytes, -files);
      giveBackSurplus();
    },
    handOver(bytes, files) {
      add(taken, -bytes, -files);
      add(granted, -bytes, -files);
    },
    takeBack(bytes, files) {
      add(taken, bytes, files);
      add(granted, bytes, files);
    },
    get granted() {
      return { ...granted };
    },
  };
}

function roundedUp(amount: number, grain: number): number {
  return Math.ceil(amount / grain) * grain;
}
