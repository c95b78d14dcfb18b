import type { OriginsTold } from "../../control/origins.ts";
import type { PastPurge } from "../../control/purge.ts";
import type { StatsAnswer } from "../../control/stats.ts";
import type { Top } from "../../control/top.ts";
import { Age } from "../parts/age.tsx";
import { Card } from "../parts/card.tsx";
import { Empty } from "../parts/empty.tsx";
import { useSeconds } from "../parts/seconds.ts";
import { type Answer, useAnswer } from "../polling.ts";
import { OriginCard } from "./origin-card.tsx";
import { Processes } from "./processes.tsx";
import { Purges } from "./purges.tsx";
import { type Said, Says } from "./says.tsx";

/** Origins are shown as they are now; what changes seldom is asked seldom. In milliseconds. */
const lively = 2_000;
const calm = 5_000;
/** /readyz may ask an origin of which nothing was heard of late. */
const careful = 10_000;

/** Whether all that belongs to it is well: origins, processes, and what was purged of late. */
export function Fleet() {
  const origins = useAnswer<OriginsTold>("origins", lively);
  const top = useAnswer<Top>("top", lively);
  const stats = useAnswer<StatsAnswer>("stats", calm);
  const purges = useAnswer<{ readonly purges: readonly PastPurge[] }>("purges", calm);
  const health = useAnswer<Said>("healthz", lively);
  const readiness = useAnswer<Said>("readyz", careful);
  return (
    <div class="grid halves">
      <Age answer={oldest([origins, top, stats, purges, health, readiness])} />
      <Says title="Is cacheproxy well?" path="/healthz" said={health.value} />
      <Says title="May clients come?" path="/readyz" said={readiness.value} />
      <Card title="Processes" isWide>
        <Processes workers={top.value?.workers ?? []} keeper={stats.value?.keeper ?? null} />
      </Card>
      {origins.value === undefined ? null : <Origins told={origins.value} />}
      <Card title="Purged of late" isWide>
        <Purges purges={purges.value?.purges ?? []} now={useSeconds()} />
      </Card>
    </div>
  );
}

function Origins({ told }: { readonly told: OriginsTold }) {
  if (told.isOffline) return <Empty>This cacheproxy is offline: it asks no origin.</Empty>;
  const isInFull = told.sites.flatMap(({ origins }) => origins).length <= mostInFull;
  return told.sites.flatMap((site) =>
    site.origins.map((origin) => (
      <OriginCard key={`${site.site} ${origin.name}`} {...{ site, origin, isInFull }} />
    )),
  );
}

/** Of more origins than that the last answers are there for who wants to see them. */
const mostInFull = 6;

/** The one that has something to complain of, of which nothing was heard longest. */
function oldest(answers: readonly Answer<unknown>[]): Answer<unknown> {
  const [first] = answers
    .filter(({ error }) => error !== null)
    .sort((one, other) => (one.at ?? 0) - (other.at ?? 0));
  return first ?? { value: undefined, at: undefined, error: null };
}
