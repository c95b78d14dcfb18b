import type { DebugKey } from "../control/debug-token.ts";
import { seriesOf } from "../control/measures.ts";
import type { Clock } from "../system/clock.ts";
import { causesRoutes } from "./admin/causes-routes.ts";
import { debugRoutes } from "./admin/debug-routes.ts";
import { entriesRoutes } from "./admin/entries-routes.ts";
import { explainRoutes } from "./admin/explain-routes.ts";
import { metricsRoutes } from "./admin/metrics-routes.ts";
import { originsRoutes } from "./admin/origins-routes.ts";
import { overviewRoutes } from "./admin/overview-routes.ts";
import { purgeRoutes } from "./admin/purge-routes.ts";
import { reloadRoutes } from "./admin/reload-routes.ts";
import { requestsRoutes } from "./admin/requests-routes.ts";
import { reportRoutes } from "./admin/report-routes.ts";
import type { Route } from "./admin/route.ts";
import { servingRoutes } from "./admin/serving-routes.ts";
import { type Stats, stateRoutes } from "./admin/state-routes.ts";
import { topRoutes } from "./admin/top-routes.ts";
import type { CausesWatch } from "./cacheability/causes.ts";
import { createEntries } from "./entries.ts";
import { explainBy } from "./explaining.ts";
import { createFindings } from "./findings.ts";
import type { Fleet } from "./fleet.ts";
import type { Following } from "./following.ts";
import type { Health } from "./health.ts";
import type { IndexReading } from "./index-reading.ts";
import type { KeeperSlot } from "./keeper-slot.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Measuring } from "./measures/measuring.ts";
import { createOriginsLook } from "./origins.ts";
import type { OverviewWatch } from "./overview.ts";
import type { Purging } from "./purging.ts";
import type { Advise } from "./report/changes.ts";
import { createReport } from "./report/report.ts";
import { createReadiness } from "./readiness.ts";
import type { Reload } from "./reload.ts";
import type { TopWatch } from "./top.ts";
import type { Unremoved } from "./unremoved.ts";

/** Of what a supervisor is made of, what an operator may ask or order something of. */
export interface Asked {
  readonly fleet: Fleet;
  readonly keeper: Pick<KeeperSlot, "status" | "measures">;
  readonly purging: Pick<Purging, "purge" | "past" | "counters">;
  readonly reload: Reload;
  readonly top: Pick<TopWatch, "read">;
  readonly causes: Pick<CausesWatch, "causes">;
  readonly advise: Advise;
  readonly measuring: Pick<Measuring, "measures">;
  readonly following: Pick<Following, "follow">;
  readonly reading: Pick<IndexReading, "read">;
  readonly unremoved: Pick<Unremoved, "marks">;
  readonly requestLog: Pick<LogWriter, "dropped">;
  readonly overview: Pick<OverviewWatch, "read">;
  readonly debugKey: DebugKey | null;
  readonly health: () => Health;
  readonly store: () => Promise<Stats["store"]>;
  readonly isDraining: () => boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** An error nobody foresaw. */
  readonly onError: (error: Error) => void;
}

/** All that an operator's doors lead to, topic by topic. */
export function operatorRoutes(parts: Asked): readonly Route[] {
  const { fleet, purging, reload, reading, following, unremoved, clock, onError } = parts;
  const plan = () => reload.current.plan;
  return [
    ...stateRoutes({
      health: parts.health,
      readiness: createReadiness({ fleet, clock, isDraining: parts.isDraining }),
      stats: () => statsOf(parts),
    }),
    ...overviewRoutes(parts.overview),
    ...purgeRoutes({
      purge: (request, by) => purging.purge([request], { door: "admin", by, client: null }),
      purges: () => purging.past,
    }),
    ...reloadRoutes(reload),
    ...servingRoutes(() => reload.current),
    ...debugRoutes({ key: parts.debugKey, now: clock.now }),
    ...topRoutes(parts.top),
    ...causesRoutes(parts.causes),
    ...reportRoutes(
      createReport({
        causes: parts.causes.causes,
        findings: createFindings({ reading, unremoved, plan, clock }),
        advise: parts.advise,
        startedAt: parts.startedAt,
      }),
    ),
    ...explainRoutes({ explain: (asked) => explainBy(fleet, asked) }),
    ...metricsRoutes(parts.measuring),
    ...entriesRoutes(createEntries({ reading, fleet, unremoved, plan, clock })),
    ...originsRoutes(createOriginsLook({ fleet, configuration: () => reload.current })),
    ...requestsRoutes({ ask: fleet.ask, follow: following.follow, onError }),
  ];
}

const keeperMemory = seriesOf("process_resident_memory_bytes", { process: "keeper" });

async function statsOf({ fleet, keeper, purging, store, startedAt, requestLog }: Asked): Promise<Stats> {
  const [counters, stored, { gauges }] = await Promise.all([fleet.counters(), store(), keeper.measures()]);
  return {
    startedAt,
    workers: fleet.status(),
    keeper: { ...keeper.status, residentBytes: gauges[keeperMemory] },
    counters: { ...counters, ...purging.counters() },
    store: stored,
    logLinesDropped: requestLog.dropped,
  };
}
