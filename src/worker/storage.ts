import type { Settings } from "../config/schema.ts";
import { keeperSocketPath } from "../control/keeper-socket.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { Ready } from "../serve/hit/ready.ts";
import { systemAfter } from "../store/after.ts";
import { suggestsDamage } from "../store/disk/index-format.ts";
import { openReopeningDiskStore } from "../store/disk/reopening.ts";
import { markRemovals } from "../store/disk/removal-marks.ts";
import { createMemoryStore, type MemoryStore } from "../store/memory/memory-store.ts";
import type { Order } from "../store/order.ts";
import { createRemovals } from "../store/removals.ts";
import type { Selector, Tier, Trouble } from "../store/tier.ts";
import { createTieredStore } from "../store/tiers.ts";
import { openKeeperLink } from "./keeper-link.ts";

export interface StorageOptions {
  readonly settings: Pick<Settings, "cacheDir" | "disk" | "maxFiles" | "maxVariants">;
  /** Whether the supervisor that began then is the one whose cache directory this worker may use. */
  readonly isOurs: (household: number) => boolean;
  /** Bytes of memory for stored responses. */
  readonly memoryBytes: number;
  /** Removals that are not carried out on the disk. */
  readonly marks: readonly PurgeSelector[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly order: Order;
  readonly newId: () => string;
  /** Random. */
  readonly seed: number;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Where a worker keeps responses: its memory, and the disk by way of the keeper. */
export interface Storage {
  readonly memory: MemoryStore<Ready>;
  /** Both, as one. */
  readonly store: Tier;
  /** The number of the last removal; null where one of these could not be carried out on the disk. */
  removalOf(selectors: readonly Selector[]): number | null;
  /**
   * Lets go of what another process has had removed; null: the disk has it still. How many the memory held.
   */
  heed(selectors: readonly PurgeSelector[], number: number | null): Promise<number>;
  /** Resolves when the keeper is there, or does not come soon. */
  begun(): Promise<void>;
  close(): Promise<void>;
}

/** What a start waits for the keeper, which starts at the same time: without it nothing can be stored on the disk. */
const beginningMilliseconds = 2_000;

export function openStorage(options: StorageOptions): Storage {
  const { settings, memoryBytes, now, order, newId, seed } = options;
  const removals = createRemovals(seed);
  const maxVariantsPerKey = settings.maxVariants;

  function onTrouble(trouble: Trouble): void {
    if (suggestsDamage(trouble.code)) keeper.suspectIndex();
    options.onTrouble(trouble);
  }

  const keeper = openKeeperLink({
    path: keeperSocketPath(settings.cacheDir),
    isOurs: options.isOurs,
    after: systemAfter,
    onTrouble: options.onTrouble,
  });
  const memory = createMemoryStore<Ready>({
    ...{ maxBytes: memoryBytes, maxVariantsPerKey, order, now, removals, newId },
  });
  const reopening = openReopeningDiskStore({
    directory: settings.cacheDir,
    maxBytes: settings.disk,
    maxFiles: settings.maxFiles,
    ...{ keeper, maxVariantsPerKey, now, order, removals, newId, onTrouble },
    onOvertaken: (responses) => responses.forEach(memory.forget),
  });
  const disk = markRemovals(reopening, { marks: options.marks, onTrouble });
  const store = createTieredStore(memory, disk, onTrouble);

  return {
    memory,
    store,
    removalOf: (selectors) => (selectors.some(disk.isMarked) ? null : disk.lastRemoval()),
    async heed(selectors, number) {
      // The disk first, all in one turn: what memory lets go of would be found there again.
      for (const selector of selectors) {
        if (number === null) disk.mark(selector);
        else disk.heed(selector, number);
      }
      return await memory.removeAll(selectors);
    },
    begun: () => keeper.reached(beginningMilliseconds),
    async close() {
      await store.close();
      keeper.close();
    },
  };
}
