import { afterEach, beforeEach } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFolder } from "../../src/store/disk/body-files.ts";
import { type DiskOptions, type DiskStore, openDiskStore } from "../../src/store/disk/disk-store.ts";
import { collectTrouble, createClock, newId, order, type TestClock } from "./samples.ts";

/** A cache directory of its own for one test. */
export interface TestDirectory {
  readonly path: string;
  readonly index: string;
  /** Names of the files of bodies, complete or not, relative to the format's folder. */
  files(): string[];
  open(
    changes?: Partial<DiskOptions>,
  ): DiskStore & { readonly troubles: string[]; readonly messages: string[] };
  dispose(): Promise<void>;
}

/**
 * For the top of a test file: each test finds another directory, which is gone after it, and the clock where it began.
 * Hooks that are to run while the directory is there still come before.
 */
export function directoryForEachTest(clock: TestClock = createClock()): Omit<TestDirectory, "dispose"> {
  let current: TestDirectory;
  beforeEach(() => {
    clock.reset();
    current = createDirectory(clock);
  });
  afterEach(() => current.dispose());
  return {
    get path() {
      return current.path;
    },
    get index() {
      return current.index;
    },
    files: () => current.files(),
    open: (changes) => current.open(changes),
  };
}

export function createDirectory(clock: TestClock = createClock()): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), "cacheproxy-store-"));
  const stores: DiskStore[] = [];

  function files(): string[] {
    const root = join(path, formatFolder);
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("index.sqlite"))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  }

  return {
    path,
    index: join(path, formatFolder, "index.sqlite"),
    files,
    open(changes = {}) {
      const { codes, messages, onTrouble } = collectTrouble();
      const defaults = {
        disposalDelay: 0,
        directory: path,
        maxBytes: 64 * 1024 * 1024,
        now: clock.now,
        order,
        newId,
        onTrouble,
      };
      const store = openDiskStore({ ...defaults, role: "worker", ...changes });
      stores.push(store);
      return { ...store, troubles: codes, messages };
    },
    async dispose() {
      for (const store of stores) await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
