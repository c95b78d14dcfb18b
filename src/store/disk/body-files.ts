import {
  chmodSync,
  lstatSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreError, type Trouble } from "../tier.ts";
import { type BodyWeights, createDisposal, type DisposalOptions, sumOf } from "./disposal.ts";
import { formatFolder } from "./index-format.ts";
import { toStoreError } from "../writer.ts";

/** The file of a body, as the file system has it. */
export interface BodyFile {
  /** Bytes. */
  readonly size: number;
  /** Bytes that it takes on the disk: holes take none. */
  readonly taken: number;
  /** Milliseconds since the epoch: when the file was last written to, as the system has it. */
  readonly modifiedAt: number;
}

/** Bodies too large for the index, as files, each under its random id: `bodies/yz/…xyz`, while they are written `tmp/…xyz`. */
export interface BodyFiles {
  readonly bodiesFolder: string;
  readonly temporaryFolder: string;
  /** Throws a `StoreError` where the id is no plain name: of that there are no files. */
  path(id: string): string;
  /** Opens a new file under `tmp/` for reading and writing. Throws what the system says. */
  createTemporary(id: string): Promise<FileHandle>;
  /** Opens a body in its place for reading, or for writing as well. Throws what the system says. */
  open(id: string, flags: "r" | "r+"): Promise<FileHandle>;
  /** Gives a complete body a second name, under which it stays when the first goes. Throws what the system says. */
  link(id: string, second: string): void;
  /** A file that is complete, from `tmp/` to its place. */
  placeTemporary(id: string): void;
  discardTemporary(id: string): void;
  /** Removes what processes were writing that have ended. */
  discardTemporaries(hasEnded: (pid: number) => boolean): void;
  /** What the file system says of the body; undefined where it has no file. */
  look(id: string): BodyFile | undefined;
  /**
   * Removes files that no row names any more, after the delay: a request that found one a moment ago may
   * not have opened it yet.
   */
  dispose(ids: Iterable<string>): void;
  /** The same in two steps: what they take, of those that are there and do not wait yet, and then their removal. */
  weigh(ids: Iterable<string>): BodyWeights;
  disposeWeighed(weighed: BodyWeights): void;
  /**
   * Removes bodies of that many bytes at once, where there are so many, whichever and though somebody may be about to
   * open one: their ids. Throws what the system says.
   */
  sacrifice(bytes: number): string[];
  /** Removes what still waits for its removal. */
  close(): void;
}

export interface BodyFilesOptions extends Omit<DisposalOptions, "removeBody"> {
  /** The cache directory. */
  readonly directory: string;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Makes the folders where they are missing, for their owner only. Throws a `StoreError`. */
export function openBodyFiles(options: BodyFilesOptions): BodyFiles {
  const { directory, onTrouble } = options;
  const root = join(directory, formatFolder);
  const bodiesFolder = join(root, "bodies");
  const temporaryFolder = join(root, "tmp");
  makeFolders(directory, root, bodiesFolder, temporaryFolder);

  function path(id: string): string {
    return join(bodiesFolder, safe(id).slice(-2), id);
  }

  /** With the writer's process id: what it leaves behind is nobody's. */
  function temporaryPath(id: string): string {
    return join(temporaryFolder, `${safe(id)}.${process.pid}`);
  }

  function removeFile(name: string): void {
    try {
      unlinkSync(name);
    } catch (error) {
      const { code, message } = toStoreError(error, "a body could not be removed");
      if (code !== "ENOENT") onTrouble({ code, message });
    }
  }

  const disposal = createDisposal({ ...options, removeBody: (id) => removeFile(path(id)) });

  function weightsOf(ids: Iterable<string>): Map<string, number> {
    const weights = new Map<string, number>();
    for (const id of ids) {
      if (!isPlain(id) || disposal.isWaiting(id)) continue;
      const file = statSync(path(id), { throwIfNoEntry: false });
      if (file !== undefined) weights.set(id, file.blocks * 512);
    }
    return weights;
  }

  function sacrifice(bytes: number): string[] {
    const ids: string[] = [];
    let freed = 0;
    for (const folder of readdirSync(bodiesFolder)) {
      if (freed >= bytes) break;
      const weighed = weightsOf(readdirSync(join(bodiesFolder, folder)));
      for (const id of weighed.keys()) removeFile(path(id));
      freed += sumOf(weighed);
      ids.push(...weighed.keys());
    }
    return ids;
  }

  return {
    bodiesFolder,
    temporaryFolder,
    path,
    createTemporary: async (id) => {
      const name = temporaryPath(id);
      makeFolder(temporaryFolder);
      return await open(name, "wx+", 0o600);
    },
    open: (id, flags) => open(path(id), flags),
    link: (id, second) => inItsFolder(path(second), (target) => linkSync(path(id), target)),
    placeTemporary: (id) => inItsFolder(path(id), (target) => renameSync(temporaryPath(id), target)),
    discardTemporary: (id) => removeFile(temporaryPath(id)),
    discardTemporaries(hasEnded) {
      for (const name of readdirSync(temporaryFolder)) {
        if (hasEnded(Number(/\.(\d+)$/.exec(name)?.[1]))) removeFile(join(temporaryFolder, name));
      }
    },
    look(id) {
      if (!isPlain(id)) return undefined;
      const file = statSync(path(id), { throwIfNoEntry: false });
      return file && { size: file.size, taken: file.blocks * 512, modifiedAt: Math.floor(file.mtimeMs) };
    },
    dispose: (ids) => disposal.dispose(weightsOf(ids)),
    weigh: weightsOf,
    disposeWeighed: disposal.dispose,
    sacrifice,
    close: disposal.close,
  };
}

/**
 * A folder or file within the cache directory that is a symbolic link was put there by somebody else: what lies at its
 * other end would be written over, or swept as nobody's. The cache directory itself may be a link of the operator's.
 */
export function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new StoreError("SYMLINK", `${path} is a symbolic link, which is not followed; remove it`);
}

/** An id comes from a random source, but also back from a file: it must not lead out of the folder. */
function isPlain(id: string): boolean {
  return /^[\w-]+$/.test(id);
}

function safe(id: string): string {
  if (!isPlain(id)) throw new StoreError("BAD_ID", "its id is no plain name");
  return id;
}

/** Of the folders of bodies none may be a link either. */
function makeFolders(directory: string, root: string, bodiesFolder: string, temporaryFolder: string): void {
  try {
    for (const folder of [root, bodiesFolder, temporaryFolder]) {
      refuseLink(folder);
      makeFolder(folder);
    }
    for (const name of readdirSync(bodiesFolder)) refuseLink(join(bodiesFolder, name));
    chmodSync(root, 0o700);
  } catch (error) {
    throw toStoreError(error, `the cache directory ${directory} cannot be used`);
  }
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Folders of bodies are made at their first use, and again if somebody removed them meanwhile. */
function inItsFolder(target: string, put: (target: string) => void): void {
  try {
    put(target);
  } catch (error) {
    if (toStoreError(error, "").code !== "ENOENT") throw error;
    makeFolder(dirname(target));
    put(target);
  }
}
