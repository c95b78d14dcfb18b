import {
  type CountedByWorker,
  type Evidence,
  PERIOD_MILLISECONDS,
  type Period,
} from "../../control/cacheability.ts";
import { type Counts, merged, targetName } from "./merging.ts";

type Told = Pick<CountedByWorker, "life" | "periods">;

/** What was counted in the day before now. */
export interface History {
  note(told: readonly Told[], now: number): void;
  /** All that was counted since then; a stretch that has begun before is in it as a whole. */
  since(from: number): Remembered;
}

export interface Remembered extends Counts {
  /** When the first stretch begins that is in it; null where there is none. */
  readonly startsAt: number | null;
}

/** A time, and what was counted in it. */
interface Stretch extends Counts {
  readonly startsAt: number;
  readonly milliseconds: number;
}

export const HOUR_MILLISECONDS = 3_600_000;
const dayMilliseconds = 24 * HOUR_MILLISECONDS;
/** Of each stretch, and of what is told of several. */
export const TARGETS_KEPT = 300;

/** Workers tell of the period before the present one as well: so long after its start they may. */
const openMilliseconds = 3 * PERIOD_MILLISECONDS;

/**
 * Periods as the workers count them for an hour, then hours. What a worker tells of a period takes the place of what it has
 * told of that before; what it can tell no more is put together with what the others have told.
 */
export function createHistory(): History {
  /** By their starts, and by who tells of them. */
  const open = new Map<number, Map<string, Period>>();
  /** What does not change any more, the latest first. */
  let settled: readonly Stretch[] = [];
  /** What is asked again and again comes to the same until another period is settled. */
  const sums = new Map<number, Counts>();

  function noteOf({ life, periods }: Told, now: number): void {
    for (const period of periods) {
      if (period.startsAt + openMilliseconds <= now) continue;
      const lives = open.get(period.startsAt) ?? new Map<string, Period>();
      open.set(period.startsAt, lives.set(life, period));
    }
  }

  function openSince(from: number): Stretch[] {
    return [...open]
      .map(([startsAt, lives]) => periodOf(startsAt, lives))
      .filter((stretch) => reaches(stretch, from))
      .toSorted(latestFirst);
  }

  function sumOfSettled(stretches: readonly Stretch[]): Counts {
    const known = sums.get(stretches.length) ?? merged(stretches, TARGETS_KEPT);
    sums.set(stretches.length, known);
    return known;
  }

  return {
    note(told, now) {
      for (const each of told) noteOf(each, now);
      const done = [...open].filter(([startsAt]) => startsAt + openMilliseconds <= now);
      if (done.length === 0) return;
      for (const [startsAt] of done) open.delete(startsAt);
      const periods = done.map(([startsAt, lives]) => periodOf(startsAt, lives));
      settled = sharingLooks(byTheHour([...periods, ...settled], now));
      sums.clear();
    },
    since(from) {
      const present = openSince(from);
      const former = settled.filter((stretch) => reaches(stretch, from));
      const startsAt = former.at(-1)?.startsAt ?? present.at(-1)?.startsAt ?? null;
      return { startsAt, ...merged([...present, sumOfSettled(former)], TARGETS_KEPT) };
    },
  };
}

function reaches({ startsAt, milliseconds }: Stretch, from: number): boolean {
  return startsAt + milliseconds > from;
}

function latestFirst(one: Stretch, other: Stretch): number {
  return other.startsAt - one.startsAt;
}

/** What is older than an hour is put together hour by hour, and what is older than a day is left out. */
function byTheHour(stretches: readonly Stretch[], now: number): Stretch[] {
  const isRecent = ({ startsAt }: Stretch) => hourOf(startsAt) + 2 * HOUR_MILLISECONDS > now;
  const hours = Map.groupBy(
    stretches.filter((stretch) => !isRecent(stretch)),
    ({ startsAt }) => hourOf(startsAt),
  );
  return [
    ...stretches.filter(isRecent),
    ...[...hours].map(([startsAt, parts]) =>
      stretchOf(startsAt, HOUR_MILLISECONDS, parts.toSorted(latestFirst)),
    ),
  ]
    .filter((stretch) => reaches(stretch, now - dayMilliseconds))
    .toSorted(latestFirst);
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MILLISECONDS) * HOUR_MILLISECONDS;
}

function periodOf(startsAt: number, lives: ReadonlyMap<string, Period>): Stretch {
  return stretchOf(startsAt, PERIOD_MILLISECONDS, [...lives.values()]);
}

function stretchOf(startsAt: number, milliseconds: number, parts: readonly Counts[]): Stretch {
  return { startsAt, milliseconds, ...merged(parts, TARGETS_KEPT) };
}

/** Of a target what it looked like last is told, and what it looked like before is not kept: it takes the most memory. */
function sharingLooks(stretches: readonly Stretch[]): Stretch[] {
  const last = new Map<string, Evidence>();
  return stretches.map((stretch) => ({
    ...stretch,
    targets: stretch.targets.map((target) => {
      const evidence = last.get(targetName(target)) ?? target.evidence;
      last.set(targetName(target), evidence);
      return evidence === target.evidence ? target : { ...target, evidence };
    }),
  }));
}
