import {
  readableBytes,
  readableCount,
  readableDuration,
  readableRate,
  readableShare,
} from "../../control/amounts.ts";
import { placeOfOutcome } from "../../control/outcomes.ts";
import type { Overview } from "../../control/overview.ts";
import { Card } from "../parts/card.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Metric } from "../parts/metric.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { Table } from "../parts/table.tsx";
import { requestsIn } from "./shares.ts";

interface Row {
  readonly cache: string;
  readonly count: number;
  readonly rate: number;
}

/** What /metrics counts, over all sites. */
export function Totals({ overview }: { readonly overview: Overview }) {
  const { totals, present, now, startedAt } = overview;
  const all = requestsIn(totals);
  const rows: Row[] = Object.entries(totals.outcomes)
    .map(([cache, count]) => ({ cache, count, rate: present.outcomes[cache] ?? 0 }))
    .toSorted((one, other) => placeOfOutcome(one.cache) - placeOfOutcome(other.cache));
  return (
    <Card title="Since the start" aside={<span class="muted">{readableDuration(now - startedAt)} ago</span>}>
      <Table
        caption="Answered requests by what the cache did"
        columns={[
          { title: "Outcome", show: ({ cache }) => <Outcome cache={cache} /> },
          { title: "Now", isNumber: true, show: ({ rate }) => `${readableRate(rate)}/s` },
          {
            title: "Requests",
            isNumber: true,
            show: ({ cache, count }) => (
              <Metric name={`requests_total{cache="${cache}"}`} value={count} write={readableCount} />
            ),
          },
          { title: "Share", isNumber: true, show: ({ count }) => readableShare(count, all) },
        ]}
        rows={rows}
        isNarrow
        keyOf={({ cache }) => cache}
      />
      <Facts kind="sums">
        <Fact term="Requests">
          <Metric name="requests_total" value={all} write={readableCount} />
        </Fact>
        <Fact term="Bytes to clients">
          <Metric name="sent_bytes_total" value={totals.sentBytes} write={readableBytes} />
        </Fact>
        <Fact term="Of them saved">
          <Metric name="saved_bytes_total" value={totals.savedBytes} write={readableBytes} />
        </Fact>
      </Facts>
    </Card>
  );
}
