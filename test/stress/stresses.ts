import { chaosThroughBinary } from "./chaos.ts";
import { rangesInProcess } from "./ranges.ts";
import { rangesThroughBinary, versionsThroughBinary } from "./through-binary.ts";

/** What was wrong; none when all is well. `effort` is 1 in a few seconds of a machine that has nothing else to do. */
export type Stress = (seed: number, effort: number) => Promise<readonly string[]>;

const clients = 8;

/** Each finds the same from the same seed, as far as the order of things among processes lets it. */
export const stresses: Readonly<Record<string, Stress>> = {
  "ranges of an origin that is well and slow come whole and right, whoever else reads": (seed, effort) =>
    rangesInProcess({ seed, isCalm: true, clients, requestsEach: 30 * effort }),

  "every byte is of the version that its validator names, whatever the origin does": (seed, effort) =>
    rangesInProcess({ seed, isCalm: false, clients, requestsEach: 40 * effort }),

  "through two workers: ranges of an origin that is well come whole and right": (seed, effort) =>
    rangesThroughBinary({ seed, isCalm: true, isKilled: false, clients, requestsEach: 20 * effort }),

  "through two workers: every byte is of the version that its validator names": (seed, effort) =>
    rangesThroughBinary({ seed, isCalm: false, isKilled: false, clients, requestsEach: 30 * effort }),

  "while workers and the supervisor are killed: no byte is wrong, and what is stored is what was sent": (
    seed,
    effort,
  ) => rangesThroughBinary({ seed, isCalm: false, isKilled: true, clients, requestsEach: 48 * effort }),

  "after an unsafe request or a purge has returned, nobody gets an older version": (seed, effort) =>
    versionsThroughBinary({ seed, clients, requestsEach: 30 * effort }),

  "chaos: whichever process is killed or stopped, no byte is wrong, nothing removed comes back, nothing is stuck":
    (seed, effort) => chaosThroughBinary({ seed, clients, milliseconds: 6_000 * effort }),
};
