import type { Settings } from "../../src/config/schema.ts";
import type { FromWorker, StartMessage, ToWorker } from "../../src/control/messages.ts";
import type { Plan } from "../../src/sites/plan.ts";
import type { SpawnChild } from "../../src/supervisor/worker-process.ts";
import type { StartOrder } from "../../src/supervisor/worker-slot.ts";
import { createFakeChildren, type FakeChild } from "./fake-children.ts";

/** A worker whose every word the test says. */
export type FakeWorker = FakeChild<ToWorker, FromWorker>;

export interface FakeWorkers {
  readonly spawn: SpawnChild<ToWorker>;
  /** In the order of their births. */
  readonly born: FakeWorker[];
  worker(birth: number): FakeWorker;
}

export function createFakeWorkers(): FakeWorkers {
  const { spawn, born, child } = createFakeChildren<ToWorker, FromWorker>();
  return { spawn, born, worker: child };
}

export const someSettings: Settings = {
  listen: [{ kind: "tcp", scheme: "http", host: "127.0.0.1", port: 8888 }],
  port: 8888,
  host: "127.0.0.1",
  trust: [],
  offline: false,
  watch: false,
  certificates: [],
  origin: "http://127.0.0.1:8000",
  http3: false,
  workers: 2,
  grace: 30_000,
  takeover: 30_000,
  originTimeout: 30_000,
  collapseWait: 1_000,
  originIdleTimeout: 60_000,
  preserveHost: false,
  underscoreFields: "drop",
  heuristic: true,
  foldEncodings: true,
  targeted: ["cdn-cache-control"],
  clientCacheControl: "honour",
  ignoreCookies: ["default"],
  strictSMaxage: false,
  storeUnframed: false,
  shareSetCookie: false,
  memory: 256 * 1024 * 1024,
  cacheDir: "/nowhere",
  disk: 1024 * 1024 * 1024,
  maxFiles: 1_000_000,
  maxObject: 1_073_741_824,
  rangeFill: 1_048_576,
  onAbort: "finish",
  maxVariants: 32,
  cacheStatusKey: false,
  purgeFrom: [],
  keepTags: false,
  log: "json",
  logSample: 1,
  logLevel: "info",
  adminOpen: ["healthz", "readyz"],
};

export const somePlan: Plan = {
  sites: [
    {
      name: "",
      hosts: [],
      origins: [someSettings.origin],
      balance: "round-robin",
      preserveHost: false,
      settings: {},
      rules: [],
      presetRules: [],
    },
  ],
  top: {},
};

export function startOrder(workerNumber: number): StartOrder {
  return {
    kind: "start",
    settings: someSettings,
    plan: somePlan,
    workerNumber,
    certificates: [],
    startedAt: 1_000_000,
    memoryShare: 1024,
    colours: false,
    debugKey: null,
  };
}

export function startMessage(workerNumber: number): StartMessage {
  return { ...startOrder(workerNumber), now: 1_000_000, marks: [], hasCompany: false };
}
