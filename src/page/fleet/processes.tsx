import { readableBytes, readableCount, readableRate, readableShare } from "../../control/amounts.ts";
import type { StatsAnswer } from "../../control/stats.ts";
import type { TopWorker } from "../../control/top.ts";
import { Badge } from "../parts/badge.tsx";
import { type Column, Table } from "../parts/table.tsx";

interface ProcessesProps {
  readonly workers: readonly TopWorker[];
  /** Null while it is not known. */
  readonly keeper: StatsAnswer["keeper"] | null;
}

interface Process extends Omit<TopWorker, "number"> {
  readonly name: string;
}

const columns: readonly Column<Process>[] = [
  { title: "Process", show: ({ name }) => name },
  {
    title: "State",
    show: ({ state }) => <Badge tone={state === "ready" ? "good" : "bad"}>{state}</Badge>,
  },
  {
    title: "Requests in a second",
    isNumber: true,
    show: ({ requests }) => (requests === undefined ? "–" : readableRate(requests)),
  },
  {
    title: "Of a processor",
    isNumber: true,
    show: ({ processor }) => (processor === undefined ? "–" : readableShare(processor, 1)),
  },
  {
    title: "Memory",
    isNumber: true,
    show: ({ residentBytes }) => (residentBytes === undefined ? "–" : readableBytes(residentBytes)),
  },
  { title: "Deaths", isNumber: true, show: ({ deaths }) => readableCount(deaths) },
  { title: "Process id", isNumber: true, show: ({ pid }) => pid ?? "–" },
];

/** What runs, how busy it is, and how often it has died. */
export function Processes({ workers, keeper }: ProcessesProps) {
  const rows: Process[] = [
    ...workers.map(({ number, ...worker }) => ({ ...worker, name: `worker ${number}` })),
    ...(keeper === null ? [] : [{ ...keeper, name: "keeper" }]),
  ];
  return <Table caption="Processes" {...{ columns, rows }} keyOf={({ name }) => name} />;
}
