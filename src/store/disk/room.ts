import { StoreError } from "../tier.ts";
import type { DiskSpace, Keeper } from "./keeper.ts";

/**
 * Room on the disk for the bodies of this process that have no row yet: it is reserved before bytes are written, and
 * committed with the body's row or released. The keeper grants it, some more at a time than is needed, so that it is
 * asked seldom: for a body of 100 KB in a cache of 1 GB it grants 2 MB.
 */
export interface Room {
  /**
   * Call it before a file is begun or bytes are written. Undefined where the keeper has granted so much already. Rejects
   * with a `StoreError`: NO_ROOM when the bounds forbid it, KEEPER_AWAY where there is no keeper to ask.
   */
  reserve(bytes: number, files: number): Promise<void> | undefined;
  /** What was reserved is not needed any more: its body was removed, or never written. */
  release(bytes: number, files: number): void;
  /** What was reserved is handed to the keeper with the body's row, and counts there from now on. */
  commit(bytes: number, files: number): void;
  /** The row has not arrived at the keeper: what was committed with it is reserved here again. */
  reclaim(bytes: number, files: number): void;
  /** What the keeper has granted and nothing was committed of. */
  readonly granted: DiskSpace;
}

/** The file system's blocks, near enough everywhere. */
const blockOfFileSystem = 4096;

/** What a body takes on the disk. */
export function occupied(size: number): number {
  return Math.ceil(size / blockOfFileSystem) * blockOfFileSystem;
}

/** What is asked for at a time: a small share of the bounds. */
export function grainFor(maxBytes: number, maxFiles: number): DiskSpace {
  const blocks = Math.floor(maxBytes / 512 / blockOfFileSystem);
  return {
    bytes: clamp(blocks, 1, 1024) * blockOfFileSystem,
    files: clamp(Math.floor(maxFiles / 1024), 1, 64),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

export function createRoom(keeper: Pick<Keeper, "grant" | "giveBack">, grain: DiskSpace): Room {
  const reserved = { bytes: 0, files: 0 };
  const granted = { bytes: 0, files: 0 };
  /** One asks at a time: what is asked for beyond a need may be enough for the next, but only once it is granted. */
  let asking: Promise<void> = Promise.resolve();

  function add(space: { bytes: number; files: number }, bytes: number, files: number): void {
    space.bytes += bytes;
    space.files += files;
  }

  function isGranted(bytes: number, files: number): boolean {
    return reserved.bytes + bytes <= granted.bytes && reserved.files + files <= granted.files;
  }

  async function ask(bytes: number, files: number): Promise<void> {
    const lacking = {
      bytes: Math.max(0, reserved.bytes + bytes - granted.bytes),
      files: Math.max(0, reserved.files + files - granted.files),
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

  async function reserveAfter(former: Promise<void>, bytes: number, files: number): Promise<void> {
    // Whether the one before got what it asked for is its own affair.
    await former.catch(() => undefined);
    // Again where others have reserved meanwhile what was left.
    while (!isGranted(bytes, files)) await ask(bytes, files);
    add(reserved, bytes, files);
  }

  function giveBackSurplus(): void {
    const bytes = granted.bytes - roundedUp(reserved.bytes, grain.bytes);
    const files = granted.files - roundedUp(reserved.files, grain.files);
    if (bytes <= 0 && files <= 0) return;
    const surplus = { bytes: Math.max(bytes, 0), files: Math.max(files, 0) };
    add(granted, -surplus.bytes, -surplus.files);
    keeper.giveBack(surplus);
  }

  return {
    reserve(bytes, files) {
      if (!isGranted(bytes, files)) {
        asking = reserveAfter(asking, bytes, files);
        return asking;
      }
      add(reserved, bytes, files);
      return undefined;
    },
    release(bytes, files) {
      add(reserved, -bytes, -files);
      giveBackSurplus();
    },
    commit(bytes, files) {
      add(reserved, -bytes, -files);
      add(granted, -bytes, -files);
    },
    reclaim(bytes, files) {
      add(reserved, bytes, files);
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
