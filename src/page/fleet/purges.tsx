import { readableMilliseconds } from "../../control/amounts.ts";
import type { PastPurge } from "../../control/purge.ts";
import { purgedLine } from "../../control/purge-words.ts";
import { Empty } from "../parts/empty.tsx";
import { ago } from "../parts/format.ts";
import { type Column, Table } from "../parts/table.tsx";

/** So many of the last ones are shown. */
const mostShown = 50;

interface PurgesProps {
  /** The newest first. */
  readonly purges: readonly PastPurge[];
  /** By the page's clock. */
  readonly now: number;
}

/** What was purged of late, by whom, and what came of it. */
export function Purges({ purges, now }: PurgesProps) {
  if (purges.length === 0) return <Empty>Nothing was purged since the start.</Empty>;
  const columns: Column<PastPurge>[] = [
    { title: "When", show: ({ at }) => ago(at, now) },
    { title: "What", show: ({ lookedFor }) => <span class="what">{lookedFor}</span> },
    { title: "Outcome", show: outcomeOf },
    { title: "Took", isNumber: true, show: ({ milliseconds }) => readableMilliseconds(milliseconds) },
    { title: "By", show: askerOf },
  ];
  const rows = purges.slice(0, mostShown);
  return <Table caption="Purges" {...{ columns, rows }} keyOf={(purge) => rows.indexOf(purge)} />;
}

/** What browsers call themselves is long, and nobody is told apart by it. */
function askerOf({ asker: { by, client } }: PastPurge): string {
  const name = by.startsWith("Mozilla/") ? "a browser" : by;
  return client === null ? name : `${name} at ${client}`;
}

function outcomeOf(purge: PastPurge) {
  if (purge.error === undefined) return purgedLine({ ...purge, dryRun: false });
  return <span class="failed">failed: {purge.error}</span>;
}
