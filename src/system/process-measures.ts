import { createHistogram } from "../control/histogram.ts";
import type { MeasuresWriter } from "../control/measures.ts";

/** How often it is looked whether a timer is late. */
const beatMilliseconds = 250;

/** What this process tells of itself, by the name by which an operator knows it: "worker-1". */
export function measureProcess(
  process: string,
  every: (milliseconds: number, run: () => void) => () => void,
  own: OwnProcess = ownProcess,
): { tell(writer: MeasuresWriter): void; stop(): void } {
  const lag = createHistogram("event_loop_lag_seconds");
  let dueAt = own.monotonic() + beatMilliseconds;
  const stop = every(beatMilliseconds, () => {
    const at = own.monotonic();
    lag.note(Math.max(0, at - dueAt) / 1000);
    dueAt = at + beatMilliseconds;
  });
  return {
    stop,
    tell({ counter, gauge, histogram }) {
      histogram("event_loop_lag_seconds", { process }, lag.buckets);
      gauge("process_resident_memory_bytes", { process }, own.memoryBytes());
      counter("process_cpu_seconds_total", { process }, own.processorSeconds());
    },
  };
}

/** What can be known of one's own process. */
export interface OwnProcess {
  /** Milliseconds since some instant. */
  monotonic(): number;
  memoryBytes(): number;
  processorSeconds(): number;
}

const ownProcess: OwnProcess = {
  monotonic: () => performance.now(),
  memoryBytes: () => process.memoryUsage.rss(),
  processorSeconds() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  },
};
