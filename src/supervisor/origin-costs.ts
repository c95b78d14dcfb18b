import type { OriginCosts } from "../control/top.ts";

/** The longest list that is told: what stands further down nobody reads. */
const longest = 50;

/** What all workers together have cost the origin of late, the dearest first. */
export function sumOfCosts(costs: readonly OriginCosts[]): OriginCosts {
  return {
    missed: summed(
      costs.flatMap(({ missed }) => missed),
      ({ url }) => url,
      (one, other) => ({ ...one, times: one.times + other.times }),
      ({ times }) => times,
    ),
    slowest: summed(
      costs.flatMap(({ slowest }) => slowest),
      ({ path }) => path,
      (one, other) => ({ ...added(one, other), longest: Math.max(one.longest, other.longest) }),
      ({ milliseconds }) => milliseconds,
    ),
    costs: summed(
      costs.flatMap(({ costs: each }) => each),
      ({ forwarded, reason }) => `${forwarded} ${reason}`,
      added,
      ({ milliseconds }) => milliseconds,
    ),
  };
}

function added<Each extends { times: number; milliseconds: number }>(one: Each, other: Each): Each {
  const times = one.times + other.times;
  return { ...one, times, milliseconds: one.milliseconds + other.milliseconds };
}

function summed<Each>(
  all: readonly Each[],
  nameOf: (each: Each) => string,
  add: (one: Each, other: Each) => Each,
  weightOf: (each: Each) => number,
): Each[] {
  const sums = new Map<string, Each>();
  for (const each of all) {
    const name = nameOf(each);
    const known = sums.get(name);
    sums.set(name, known === undefined ? each : add(known, each));
  }
  return [...sums.values()].sort((one, other) => weightOf(other) - weightOf(one)).slice(0, longest);
}
