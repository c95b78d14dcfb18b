import { PERIOD_MILLISECONDS, type Period } from "../../control/cacheability.ts";
import { type Counts, merged } from "./merging.ts";

/** What one worker has told. */
export interface ToldByWorker {
  readonly life: string;
  readonly periods: readonly Period[];
}

/** What was counted in the day before now. */
export interface History {
  note(told: readonly ToldByWorker[], now: number): void;
  /** Of all that was counted since then, the latest first; a stretch that has begun before is in it as a whole. */
  since(from: number): readonly Stretch[];
}

/** A time, and what was counted in it. */
export interface Stretch extends Counts {
  readonly startsAt: number;
  readonly milliseconds: number;
}

export const HOUR_MILLISECONDS = 3_600_000;
const dayMilliseconds = 24 * HOUR_MILLISECONDS;
export const TARGETS_KEPT = 300;

/**
 * Periods as the workers count them for an hour, then hours. What a worker tells of a period takes the place of what it has
 * told of that before; what it can tell no more is put together with what the others have told.
 */
export function createHistory(): History {
  /** By their starts, and by who tells of them. */
  const open = new Map<number, Map<string, Period>>();
  let periods: Stretch[] = [];
  let hours: Stretch[] = [];

  function settle(now: number): void {
    for (const [startsAt, lives] of open) {
      if (startsAt + openMilliseconds > now) continue;
      open.delete(startsAt);
      periods.push(stretchOf(startsAt, PERIOD_MILLISECONDS, [...lives.values()]));
    }
    const [old, recent] = partition(
      periods,
      ({ startsAt }) => hourOf(startsAt) + 2 * HOUR_MILLISECONDS <= now,
    );
    periods = recent;
    for (const period of old) {
      const startsAt = hourOf(period.startsAt);
      const [same, others] = partition(hours, (hour) => hour.startsAt === startsAt);
      hours = [...others, stretchOf(startsAt, HOUR_MILLISECONDS, [period, ...same])];
    }
    hours = hours.filter(({ startsAt }) => startsAt + HOUR_MILLISECONDS + dayMilliseconds > now);
  }

  return {
    note(told, now) {
      for (const { life, periods: its } of told) {
        for (const period of its) {
          if (period.startsAt + openMilliseconds <= now) continue;
          const lives = open.get(period.startsAt) ?? new Map<string, Period>();
          open.set(period.startsAt, lives.set(life, period));
        }
      }
      settle(now);
    },
    since(from) {
      const present = [...open].map(([startsAt, lives]) =>
        stretchOf(startsAt, PERIOD_MILLISECONDS, [...lives.values()]),
      );
      return [...present, ...periods, ...hours]
        .filter(({ startsAt, milliseconds }) => startsAt + milliseconds > from)
        .toSorted((one, other) => other.startsAt - one.startsAt);
    },
  };
}

/** Workers tell of the period before the present one as well: so long after its start they may. */
const openMilliseconds = 3 * PERIOD_MILLISECONDS;

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MILLISECONDS) * HOUR_MILLISECONDS;
}

/** The latest first: what targets looked like is as it was last. */
function stretchOf(startsAt: number, milliseconds: number, parts: readonly Counts[]): Stretch {
  return { startsAt, milliseconds, ...merged(parts, TARGETS_KEPT) };
}

function partition<Each>(all: readonly Each[], isSo: (each: Each) => boolean): [Each[], Each[]] {
  return [all.filter(isSo), all.filter((each) => !isSo(each))];
}
