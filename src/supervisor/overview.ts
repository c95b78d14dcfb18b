import packageJson from "../../package.json" with { type: "json" };
import { isSeriesOf, type Measures } from "../control/measures.ts";
import type { MetricName } from "../control/metrics.ts";
import type { Overview } from "../control/overview.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { Fleet } from "./fleet.ts";
import {
  columnsOf,
  type Counted,
  countedIn,
  flowBetween,
  flowOf,
  sitesIn,
  type Stretch,
  waitsBetween,
} from "./flow.ts";
import type { Health } from "./health.ts";
import type { Journal } from "./journal.ts";
import type { KeeperSlot } from "./keeper-slot.ts";
import { sumOf } from "./measures/ledger.ts";

export interface OverviewOptions {
  readonly fleet: Pick<Fleet, "measures">;
  readonly keeper: Pick<KeeperSlot, "measures">;
  readonly health: () => Health;
  /** Bytes that may be stored on the disk. */
  readonly diskLimit: () => number;
  readonly clock: Clock;
  readonly journal: Pick<Journal, "error">;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Watches how it goes, whoever looks. */
export interface OverviewWatch {
  read(): Promise<Overview>;
  readonly stop: Cancel;
}

const STRETCH_MILLISECONDS = 5_000;
const mostStretches = 180;
/** Rates of the present are over so many stretches and what has begun of the next; waits over so many. */
const presentStretches = 2;
const waitStretches = 12;
/** Several who look at once share an answer for so long. */
const sharedMilliseconds = 1_000;

export function watchOverview(options: OverviewOptions): OverviewWatch {
  const { fleet, clock, journal } = options;
  const history: Stretch[] = [];
  // Nothing was counted before the start.
  let looks: Counted[] = [countedIn({ counters: {}, gauges: {}, histograms: {} }, clock.steady())];
  let isLooking = false;
  let shared: { readonly until: number; readonly answer: Promise<Overview> } | undefined;

  async function look(): Promise<void> {
    const now = countedIn(await fleet.measures(), clock.steady());
    const last = looks.at(-1) ?? now;
    looks = [...looks, now].slice(-waitStretches - 1);
    history.push({ at: clock.now(), ...flowBetween(last, now), waits: waitsBetween(last, now) });
    if (history.length > mostStretches) history.shift();
  }

  async function readAnew(): Promise<Overview> {
    const [workers, disk] = await Promise.all([fleet.measures(), options.keeper.measures()]);
    const counted = countedIn(workers, clock.steady());
    const lately = looks.at(-presentStretches) ?? looks[0] ?? counted;
    return {
      now: clock.now(),
      startedAt: options.startedAt,
      version: packageJson.version,
      health: options.health(),
      totals: flowOf(counted),
      sites: sitesIn(workers),
      present: flowBetween(lately, counted),
      waits: waitsBetween(looks[0] ?? counted, counted),
      ...presentOf(sumOf([workers, disk]), options.diskLimit()),
      history: columnsOf(history),
    };
  }

  const stop = clock.every(STRETCH_MILLISECONDS, () => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => journal.error(`the overview cannot be told: ${error}`))
      .finally(() => {
        isLooking = false;
      });
  });

  return {
    stop,
    read() {
      const now = clock.steady();
      if (shared === undefined || now >= shared.until)
        shared = { until: now + sharedMilliseconds, answer: readAnew() };
      return shared.answer;
    },
  };
}

/** What is there at this moment. */
function presentOf({ gauges }: Measures, diskLimit: number): Pick<Overview, "running" | "store"> {
  const sum = (name: MetricName) =>
    Object.entries(gauges).reduce(
      (all, [series, value]) => (isSeriesOf(name, series) ? all + value : all),
      0,
    );
  const tier = (name: string) => ({
    bytes: gauges[`store_bytes{tier="${name}"}`] ?? 0,
    objects: gauges[`store_objects{tier="${name}"}`] ?? 0,
  });
  return {
    running: {
      requests: sum("requests_in_flight"),
      fills: sum("fills_in_flight"),
      waiting: sum("waiting_clients"),
      websockets: sum("websockets_open"),
    },
    store: {
      disk: { ...tier("disk"), limit: diskLimit },
      memory: { ...tier("memory"), limit: gauges['store_bytes_limit{tier="memory"}'] ?? 0 },
    },
  };
}
