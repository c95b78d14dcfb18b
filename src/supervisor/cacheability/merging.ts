import type { CauseCount, CauseTarget, Period } from "../../control/cacheability.ts";
import { costliestFirst, sumOf, totalsOf } from "../../control/volume.ts";

/** What was counted by several workers, or in several periods, as one. */
export type Counts = Pick<Period, "totals" | "causes" | "targets">;

/** Of each name the sum. Of targets those that cost most, so many at the most, and what they look like in the first part. */
export function merged(parts: readonly Counts[], mostTargets: number): Counts {
  const totals = parts.flatMap((part) => part.totals);
  const causes = parts.flatMap((part) => part.causes);
  const targets = parts.flatMap((part) => part.targets);
  return {
    totals: sums(
      totals,
      ({ site }) => site,
      (one, other) => ({ site: one.site, ...totalsOf([one, other]) }),
    ),
    causes: sums(causes, causeName, countsOfBoth),
    targets: sums(targets, targetName, targetsOfBoth).toSorted(dearestFirst).slice(0, mostTargets),
  };
}

/** By what could have been spared; then by all. */
export function dearestFirst(one: CauseCount, other: CauseCount): number {
  return costliestFirst(one.again, other.again) || costliestFirst(one.all, other.all);
}

export function causeName({ site, forwarded, reason }: Omit<CauseCount, "all" | "again">): string {
  return `${site}\n${forwarded}\n${reason}`;
}

/** No other target has it. */
export function targetName(target: CauseTarget): string {
  return `${causeName(target)}\n${target.url}`;
}

function sums<Each>(
  all: readonly Each[],
  nameOf: (each: Each) => string,
  both: (one: Each, other: Each) => Each,
): Each[] {
  const found = new Map<string, Each>();
  for (const each of all) {
    const name = nameOf(each);
    const known = found.get(name);
    found.set(name, known === undefined ? each : both(known, each));
  }
  return [...found.values()];
}

function countsOfBoth<Counted extends CauseCount>(one: Counted, other: Counted): Counted {
  return { ...one, all: sumOf([one.all, other.all]), again: sumOf([one.again, other.again]) };
}

/** Clients and bodies may be the same ones: there are at least as many as one has seen. */
function targetsOfBoth(one: CauseTarget, other: CauseTarget): CauseTarget {
  return {
    ...countsOfBoth(one, other),
    clients: Math.max(one.clients, other.clients),
    bodies: Math.max(one.bodies, other.bodies),
  };
}
