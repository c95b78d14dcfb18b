import { afterEach, beforeEach } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Index, type IndexOptions, openIndex } from "../../src/keeper/index.ts";
import { createDesks, type Desks } from "../../src/keeper/desks.ts";
import type { DiskOptions } from "../../src/store/disk/disk-parts.ts";
import { type DiskStore, openDiskStore } from "../../src/store/disk/disk-store.ts";
import { formatFolder } from "../../src/store/disk/index-format.ts";
import type { Keeper } from "../../src/store/disk/keeper.ts";
import { createRemovals } from "../../src/store/removals.ts";
import type { Trouble } from "../../src/store/tier.ts";
import { collectTrouble, createClock, newId, order, type TestClock } from "./samples.ts";

type Changes = Partial<DiskOptions> & Partial<IndexOptions>;

/** A cache directory of its own for one test. */
export interface TestDirectory {
  readonly path: string;
  readonly index: string;
  /** Names of the files of bodies, complete or not, relative to the format's folder. */
  files(): string[];
  /** The keeper's index; opened when it is first asked for, or a store is, with the changes given then. */
  keep(changes?: Partial<IndexOptions>): Index;
  /** Those who hand over what is to be written come here. */
  readonly desks: Desks;
  /** The keeper ends: in order, or as if it had been killed. */
  endKeeper(isOrderly?: boolean): void;
  /** A worker's store. */
  open(changes?: Changes): DiskStore & { readonly troubles: string[]; readonly messages: string[] };
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
    get desks() {
      return current.desks;
    },
    files: () => current.files(),
    keep: (changes) => current.keep(changes),
    endKeeper: (isOrderly) => current.endKeeper(isOrderly),
    open: (changes) => current.open(changes),
  };
}

export function createDirectory(clock: TestClock = createClock()): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), "cacheproxy-store-"));
  const stores: DiskStore[] = [];
  const listeners = new Set<(trouble: Trouble) => void>();
  const defaults = { disposalDelay: 0, directory: path, maxBytes: 64 * 1024 * 1024, now: clock.now };
  let index: Index | undefined;
  const desks = createDesks({
    index: () => index,
    after: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    soon: (run) => run(),
  });

  function keep(changes: Partial<IndexOptions> = {}): Index {
    const tellAll = (trouble: Trouble) => {
      for (const listen of listeners) listen(trouble);
    };
    index ??= openIndex({ ...defaults, seed: 1, onTrouble: tellAll, ...changes });
    return index;
  }

  function files(): string[] {
    const root = join(path, formatFolder);
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("index.sqlite"))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  }

  return {
    path,
    index: join(path, formatFolder, "index.sqlite"),
    desks,
    files,
    keep,
    endKeeper(isOrderly = true) {
      if (isOrderly) index?.close();
      index = undefined;
    },
    open(changes = {}) {
      const { codes, messages, onTrouble } = collectTrouble();
      listeners.add(onTrouble);
      keep(withoutStore(changes));
      const store = openDiskStore({
        ...defaults,
        ...{ order, newId, onTrouble, keeper: keeperAt(desks), removals: createRemovals(1) },
        ...changes,
      });
      stores.push(store);
      return { ...store, troubles: codes, messages };
    },
    async dispose() {
      for (const store of stores) await store.close();
      index?.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** What of these is the keeper's. */
function withoutStore({
  keeper: _,
  removals: __,
  order: ___,
  newId: ____,
  onTrouble: _____,
  ...rest
}: Changes) {
  return rest;
}

/** A keeper in the same process: what it is asked to do is done when the call returns. */
export function keeperAt(desks: Desks): Keeper {
  return { ...desks.open(), isThere: true, onThere: () => () => undefined };
}
