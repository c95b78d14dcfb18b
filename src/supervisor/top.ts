import type { Top } from "../control/top.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { Fleet } from "./fleet.ts";
import type { Journal } from "./journal.ts";
import { sumOfCosts } from "./origin-costs.ts";
import {
  countersOfRates,
  historyOf,
  rateOfWorker,
  SAMPLE_MILLISECONDS,
  SAMPLES_KEPT,
  type Sample,
  windowsOf,
} from "./rates.ts";

export interface TopOptions {
  readonly fleet: Pick<Fleet, "ask" | "counters" | "status">;
  readonly store: () => Promise<Top["store"]>;
  readonly clock: Clock;
  readonly journal: Pick<Journal, "error">;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Watches how much is done, and tells it for `cacheproxy top`. */
export interface TopWatch {
  read(): Promise<Top>;
  readonly stop: Cancel;
}

export function watchTop({ fleet, store, clock, journal, startedAt }: TopOptions): TopWatch {
  // Nothing was counted before the start.
  const samples: Sample[] = [{ at: clock.steady(), counters: {}, loads: new Map() }];
  let isSampling = false;

  async function sample(): Promise<void> {
    const [counters, loads] = await Promise.all([fleet.counters(), loadsNow()]);
    samples.push({ at: clock.steady(), counters: countersOfRates(counters), loads });
    if (samples.length > SAMPLES_KEPT) samples.shift();
  }

  async function loadsNow(): Promise<Sample["loads"]> {
    const told = await fleet.ask({ about: "load" });
    const pids = new Map(fleet.status().map(({ number, pid }) => [number, pid]));
    return new Map(
      told.flatMap(({ worker, answer }) => {
        const pid = pids.get(worker);
        return pid === undefined ? [] : [[pid, answer.load]];
      }),
    );
  }

  const stop = clock.every(SAMPLE_MILLISECONDS, () => {
    if (isSampling) return;
    isSampling = true;
    sample()
      .catch((error: unknown) => journal.error(`rates cannot be told: ${error}`))
      .finally(() => {
        isSampling = false;
      });
  });

  return {
    stop,
    async read() {
      const [costs, stored] = await Promise.all([fleet.ask({ about: "originCosts" }), store()]);
      return {
        ...sumOfCosts(costs.map(({ answer }) => answer.costs)),
        now: clock.now(),
        startedAt,
        windows: windowsOf(samples),
        history: historyOf(samples),
        workers: fleet.status().map(({ number, pid, state, deaths }) => ({
          ...{ number, state, deaths },
          ...(pid === undefined ? {} : { pid }),
          ...rateOfWorker(pid, samples),
        })),
        store: stored,
      };
    },
  };
}
