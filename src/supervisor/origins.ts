import { originAddress, originName } from "../config/origin-address.ts";
import type { Settings } from "../config/schema.ts";
import { quantileOf } from "../control/histogram.ts";
import { type Measures, seriesOf } from "../control/measures.ts";
import type { CounterName } from "../control/metrics.ts";
import type { OriginsTold, OriginTold, OriginView } from "../control/origins.ts";
import type { Plan } from "../sites/plan.ts";
import type { Fleet } from "./fleet.ts";

export interface OriginsOptions {
  readonly fleet: Pick<Fleet, "ask" | "measures">;
  /** By which requests are served now. */
  readonly configuration: () => { readonly plan: Plan; readonly settings: Pick<Settings, "offline"> };
}

/** Tells of each origin how every worker sees it, and what has come of it since the start. */
export function createOriginsLook({ fleet, configuration }: OriginsOptions): () => Promise<OriginsTold> {
  return async () => {
    const [told, measures] = await Promise.all([fleet.ask({ about: "originViews" }), fleet.measures()]);
    const views = told.flatMap(({ worker, answer }) => answer.origins.map((view) => ({ ...view, worker })));
    const { plan, settings } = configuration();
    return {
      isOffline: settings.offline,
      sites: plan.sites.map(({ name: site, balance, health = null, origins }) => ({
        ...{ site, balance, health },
        origins: origins.flatMap((text) => {
          const address = originAddress(text);
          if (address === undefined) return [];
          const name = originName(address);
          const its = views.filter((view) => view.site === site && view.name === name);
          return [originTold({ site, origin: name }, its, measures)];
        }),
      })),
    };
  };
}

interface Named {
  readonly site: string;
  readonly origin: string;
}

interface ViewOfWorker extends OriginView {
  readonly worker: number;
}

/** What was heard of it last by any worker: so much. */
const mostLatest = 16;

function originTold(named: Named, views: readonly ViewOfWorker[], measures: Measures): OriginTold {
  const waits = measures.histograms[seriesOf("origin_first_byte_seconds", { ...named })] ?? [];
  return {
    name: named.origin,
    state: worstOf(views),
    workers: views.map(({ worker, state, failures, restsFor, waiting }) => ({
      ...{ worker, state, failures, restsFor, waiting },
    })),
    answers: countsOf("origin_answers_total", named, "status", measures),
    failures: countsOf("origin_failures_total", named, "reason", measures),
    receivedBytes: measures.counters[seriesOf("origin_received_bytes_total", { ...named })] ?? 0,
    firstByte: {
      median: inMilliseconds(quantileOf("origin_first_byte_seconds", waits, 0.5)),
      slowest: inMilliseconds(quantileOf("origin_first_byte_seconds", waits, 0.99)),
    },
    latest: views
      .flatMap(({ latest }) => latest)
      .sort((one, other) => other.at - one.at)
      .slice(0, mostLatest),
  };
}

const fromWorst = ["left-alone", "tried", "trusted"] as const;

function worstOf(views: readonly OriginView[]): OriginView["state"] {
  return fromWorst.find((state) => views.some((view) => view.state === state)) ?? "trusted";
}

/** By the value of the one label that these series have beside the origin's. */
function countsOf(
  name: CounterName,
  named: Named,
  label: string,
  { counters }: Measures,
): Record<string, number> {
  const before = seriesOf(name, { ...named, [label]: "" }).slice(0, -'"}'.length);
  return Object.fromEntries(
    Object.entries(counters).flatMap(([series, count]) =>
      series.startsWith(before) ? [[series.slice(before.length, -'"}'.length), count]] : [],
    ),
  );
}

function inMilliseconds(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}
