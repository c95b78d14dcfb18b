import { readableCount, readableShare, readableWait } from "../../control/amounts.ts";
import type { Causes } from "../../control/cacheability.ts";
import { type CauseSeen, causesSeen, headlinesOf, keyOf } from "../causes/seen.ts";
import { Card } from "../parts/card.tsx";
import { Table } from "../parts/table.tsx";
import { addressOf } from "../place.ts";
import { useAnswer } from "../polling.ts";

const mostCauses = 3;

/** What it would pay most to change; nothing where nothing is to be changed. */
export function Costliest() {
  const { value } = useAnswer<Causes>("causes?since=3600", 30_000);
  if (value === undefined) return null;
  const { requests, avoidable, toChange } = causesSeen(value, null);
  if (toChange.length === 0) return null;
  return (
    <Card
      title={`${readableShare(avoidable.requests, requests)} of the last hour could have been hits and were none`}
      aside={<a href={addressOf("causes")}>What to change</a>}
    >
      <Table<CauseSeen>
        caption="The costliest causes"
        columns={[
          { title: "Why not", show: (cause) => headlinesOf(cause)[0] ?? cause.reason },
          { title: "Requests", isNumber: true, show: ({ avoidable }) => readableCount(avoidable.requests) },
          {
            title: "Clients waited",
            isNumber: true,
            show: ({ avoidable }) => readableWait(avoidable.milliseconds),
          },
        ]}
        rows={toChange.slice(0, mostCauses)}
        keyOf={keyOf}
        isNarrow
      />
    </Card>
  );
}
