import type { WorkerLoad } from "../control/top.ts";
import type { WorkerCounters } from "./counters.ts";

/** How busy this worker is. */
export function loadOfThisProcess(counters: Pick<WorkerCounters, "read">): WorkerLoad {
  const { user, system } = process.cpuUsage();
  return {
    requests: counters.read()["requests"] ?? 0,
    processorMilliseconds: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
  };
}
