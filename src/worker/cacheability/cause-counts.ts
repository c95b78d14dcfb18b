import type { CauseCount } from "../../control/cacheability.ts";
import type { Asking } from "./target-sketch.ts";
import { addRequest, nothingCounted, type VolumeCount } from "./volume-count.ts";

/** All requests for which the origin was asked, by site and cause: there are no more of those than sites and reasons. */
export interface CauseCounts {
  add(asking: Asking, isAgain: boolean): void;
  told(): CauseCount[];
}

interface Counted extends Omit<CauseCount, "all" | "again"> {
  readonly all: VolumeCount;
  readonly again: VolumeCount;
}

export function createCauseCounts(): CauseCounts {
  const counts = new Map<string, Counted>();
  return {
    add({ site = "", forwarded, reason, bytes, firstByteMilliseconds }, isAgain) {
      const name = `${site}\n${forwarded}\n${reason}`;
      const known = counts.get(name);
      const its = known ?? { site, forwarded, reason, all: nothingCounted(), again: nothingCounted() };
      if (known === undefined) counts.set(name, its);
      addRequest(its.all, bytes, firstByteMilliseconds);
      if (isAgain) addRequest(its.again, bytes, firstByteMilliseconds);
    },
    told: () => [...counts.values()].map((its) => ({ ...its, all: { ...its.all }, again: { ...its.again } })),
  };
}
