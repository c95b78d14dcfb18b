import packageJson from "../../../package.json" with { type: "json" };
import type { Settings } from "../../config/schema.ts";
import { gatherMeasures, type Measures, type MeasuresWriter } from "../../control/measures.ts";
import type { Clock } from "../../system/clock.ts";
import { openConnections } from "../../system/connections.ts";
import { measureProcess } from "../../system/process-measures.ts";
import type { Fleet } from "../fleet.ts";
import type { Health } from "../health.ts";
import type { KeeperSlot } from "../keeper-slot.ts";
import type { LogWriter } from "../log-writer.ts";
import type { Purging } from "../purging.ts";
import { sumOf } from "./ledger.ts";

/** What the supervisor knows of the whole. */
export interface MeasuringParts {
  readonly fleet: Pick<Fleet, "status" | "measures">;
  readonly keeper: Pick<KeeperSlot, "status" | "measures">;
  readonly purging: Pick<Purging, "counters">;
  readonly requestLog: Pick<LogWriter, "dropped">;
  readonly health: () => Health;
  /** By which it is served now. */
  readonly settings: () => Pick<Settings, "disk" | "maxFiles" | "listen">;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly clock: Pick<Clock, "every">;
}

export interface Measuring {
  /** What all processes have measured until now. */
  measures(): Promise<Measures>;
  stop(): void;
}

export function startMeasuring(parts: MeasuringParts): Measuring {
  const { fleet, keeper, clock } = parts;
  const own = measureProcess("supervisor", clock.every);
  return {
    stop: own.stop,
    async measures() {
      const [workers, disk, connections] = await Promise.all([
        fleet.measures(),
        keeper.measures(),
        openConnections(portsOf(parts.settings())),
      ]);
      const whole = gatherMeasures(own.tell, (writer) => {
        tellOfProcesses(parts, writer);
        tellOfWhole(parts, writer);
        for (const [port, count] of connections ?? [])
          writer.gauge("connections_open", { port: `${port}` }, count);
      });
      return sumOf([whole, workers, disk]);
    },
  };
}

function portsOf({ listen }: Pick<Settings, "listen">): ReadonlySet<number> {
  return new Set(listen.flatMap((each) => (each.kind === "tcp" ? [each.port] : [])));
}

function tellOfProcesses(
  { fleet, keeper }: Pick<MeasuringParts, "fleet" | "keeper">,
  { counter, gauge }: MeasuresWriter,
): void {
  const workers = fleet.status().map((status) => ({ ...status, process: `worker-${status.number}` }));
  for (const { process, state, deaths } of [...workers, { ...keeper.status, process: "keeper" }]) {
    gauge("process_up", { process }, state === "ready" ? 1 : 0);
    counter("process_restarts_total", { process }, deaths);
  }
  gauge("process_up", { process: "supervisor" }, 1);
}

function tellOfWhole(parts: MeasuringParts, { counter, gauge }: MeasuresWriter): void {
  const { disk, maxFiles } = parts.settings();
  const purged = parts.purging.counters();
  gauge("store_bytes_limit", { tier: "disk" }, disk);
  if (Number.isFinite(maxFiles)) gauge("store_files_limit", { tier: "disk" }, maxFiles);
  counter("purges_total", {}, purged["purge.requests"]);
  counter("purged_responses_total", {}, purged["purge.responses"]);
  counter("log_lines_dropped_total", {}, parts.requestLog.dropped);
  gauge("healthy", {}, parts.health().status === "ok" ? 1 : 0);
  gauge("start_time_seconds", {}, parts.startedAt / 1000);
  gauge("build_info", { version: packageJson.version, bun: Bun.version }, 1);
}
