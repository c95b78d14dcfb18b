import { gatherMeasures, type Measures, type MeasuresWriter } from "../../control/measures.ts";
import type { CounterName } from "../../control/metrics.ts";
import type { Flights } from "../../serve/flight/flights.ts";
import type { WebSockets } from "../../serve/upgrade/web-sockets.ts";
import type { MemoryStore } from "../../store/memory/memory-store.ts";
import { measureProcess } from "../../system/process-measures.ts";
import type { WorkerCounters } from "../counters.ts";
import type { Descriptors } from "../descriptors.ts";
import type { Doors } from "../doors.ts";
import type { Listening } from "../pausing-listener.ts";
import { createOriginMeasures, type OriginMeasures } from "./origin-measures.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

/** All that a worker measures. */
export interface WorkerMeasures {
  readonly traffic: Traffic;
  readonly origins: OriginMeasures;
  refreshed(site: string): void;
  read(measured: Measured): Measures;
}

/** What is asked how it is when somebody wants to know. */
export interface Measured {
  readonly counters: Pick<WorkerCounters, "counted">;
  readonly memory: Pick<MemoryStore<never>, "bytes" | "objects" | "evictions">;
  readonly memoryLimit: number;
  readonly flights: Pick<Flights, "open" | "waiting">;
  readonly webSockets: Pick<WebSockets, "joined">;
  readonly listener: Pick<Listening, "pendingRequests">;
  readonly doors: Doors;
  readonly descriptors: Descriptors | undefined;
}

export function createWorkerMeasures(
  workerNumber: number,
  date: () => number,
  every: (milliseconds: number, run: () => void) => () => void,
): WorkerMeasures {
  const process = `worker-${workerNumber}`;
  const [traffic, origins, own] = [
    createTraffic(),
    createOriginMeasures(date),
    measureProcess(process, every),
  ];
  const refreshes = new Map<string, number>();
  return {
    traffic,
    origins,
    refreshed: (site) => void refreshes.set(site, (refreshes.get(site) ?? 0) + 1),
    read: ({ counters, memory, memoryLimit, flights, webSockets, listener, doors, descriptors }) =>
      gatherMeasures(traffic.tell, origins.tell, own.tell, (writer) => {
        const { counter, gauge } = writer;
        for (const [site, count] of refreshes) counter("refreshes_total", { site }, count);
        tellCounted(counters.counted, writer);
        gauge("store_bytes", { tier: "memory" }, memory.bytes);
        gauge("store_objects", { tier: "memory" }, memory.objects);
        gauge("store_bytes_limit", { tier: "memory" }, memoryLimit);
        for (const [cause, count] of Object.entries(memory.evictions))
          counter("store_evictions_total", { tier: "memory", cause }, count);
        gauge("fills_in_flight", {}, flights.open);
        gauge("waiting_clients", {}, flights.waiting);
        gauge("websockets_open", {}, webSockets.joined);
        gauge("requests_in_flight", {}, listener.pendingRequests);
        tellHealth(doors, writer);
        if (descriptors === undefined) return;
        gauge("process_open_fds", { process }, descriptors.used());
        gauge("process_max_fds", { process }, descriptors.limit);
      }),
  };
}

/** What is counted already, by the beginnings of its names: what follows is the value of the label. */
const counted: readonly [start: string, name: CounterName, label: string][] = [
  ["unstored.", "store_refusals_total", "code"],
  ["effect.", "store_effects_total", "reason"],
  ["trouble.", "troubles_total", "code"],
];

function tellCounted(counts: WorkerCounters["counted"], { counter }: MeasuresWriter): void {
  for (const [name, count] of counts) {
    for (const [start, metric, label] of counted)
      if (name.startsWith(start)) counter(metric, { [label]: name.slice(start.length) }, count);
  }
  counter("websockets_total", {}, counts.get("websocket.opened") ?? 0);
  counter("websocket_bytes_total", { to: "origin" }, counts.get("websocket.bytesFromClients") ?? 0);
  counter("websocket_bytes_total", { to: "client" }, counts.get("websocket.bytesToClients") ?? 0);
}

function tellHealth(doors: Doors, { gauge }: MeasuresWriter): void {
  for (const [site, { origins }] of doors) {
    for (const { name: origin, state } of origins.status())
      gauge("origin_healthy", { site, origin }, state === "trusted" ? 1 : 0);
  }
}
