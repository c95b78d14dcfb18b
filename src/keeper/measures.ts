import { gatherMeasures, type Measures } from "../control/measures.ts";
import type { DiskSpace } from "../store/disk/keeper.ts";
import type { Clock } from "../system/clock.ts";
import { measureProcess } from "../system/process-measures.ts";
import type { EvictionCause } from "./eviction.ts";

/** What the keeper measures, whichever index it has. */
export interface KeeperMeasures {
  evicted(cause: EvictionCause, rows: number): void;
  /** Nothing of a disk that cannot be asked. */
  read(index: MeasuredIndex): Measures;
  stop(): void;
}

/** Bytes and files of what is there, and of what is on its way in. */
export interface MeasuredIndex {
  totals(): { readonly bytes: number; readonly objects: number };
  futureSpace(): DiskSpace;
}

export function createKeeperMeasures(clock: Pick<Clock, "every">): KeeperMeasures {
  const own = measureProcess("keeper", clock.every);
  const evictions = new Map<EvictionCause, number>();
  return {
    stop: own.stop,
    evicted: (cause, rows) => void evictions.set(cause, (evictions.get(cause) ?? 0) + rows),
    read: (index) =>
      gatherMeasures(own.tell, ({ counter, gauge }) => {
        for (const [cause, count] of evictions)
          counter("store_evictions_total", { tier: "disk", cause }, count);
        const there = spaceOf(index);
        if (there === undefined) return;
        gauge("store_bytes", { tier: "disk" }, there.bytes);
        gauge("store_files", { tier: "disk" }, there.files);
        gauge("store_objects", { tier: "disk" }, there.objects);
      }),
  };
}

function spaceOf(index: MeasuredIndex): (DiskSpace & { readonly objects: number }) | undefined {
  try {
    return { ...index.futureSpace(), objects: index.totals().objects };
  } catch {
    // What is wrong with the index is told by those who need it.
    return undefined;
  }
}
