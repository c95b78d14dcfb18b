import type { Settings } from "../../src/config/schema.ts";
import type { FromWorker, StartMessage, ToWorker } from "../../src/control/messages.ts";
import type { ProcessLook } from "../../src/supervisor/process-look.ts";
import type { StartOrder } from "../../src/supervisor/worker-slot.ts";
import type { Ending, SpawnWorker } from "../../src/supervisor/worker-process.ts";

/** A worker whose every word the test says. */
export interface FakeWorker {
  readonly sent: ToWorker[];
  readonly killed: boolean;
  say(message: FromWorker): void;
  sayAnything(raw: unknown): void;
  end(ending?: Partial<Ending>): void;
  /** What the system tells of it; nothing until then. */
  look: ProcessLook | undefined;
  /** The last message of this kind it was sent. */
  heard<Kind extends ToWorker["kind"]>(kind: Kind): Extract<ToWorker, { kind: Kind }>;
}

export interface FakeWorkers {
  readonly spawn: SpawnWorker;
  /** In the order of their births. */
  readonly born: FakeWorker[];
  worker(birth: number): FakeWorker;
}

export function createFakeWorkers(): FakeWorkers {
  const born: FakeWorker[] = [];
  return {
    born,
    worker(birth) {
      const worker = born[birth];
      if (worker === undefined) throw new Error(`only ${born.length} workers were spawned`);
      return worker;
    },
    spawn(events) {
      const sent: ToWorker[] = [];
      let killed = false;
      const end = (ending: Partial<Ending> = {}) => events.onEnd({ exitCode: null, signal: null, ...ending });
      const worker: FakeWorker = {
        sent,
        look: undefined,
        get killed() {
          return killed;
        },
        say: (message) => events.onMessage(message),
        sayAnything: (raw) => events.onMessage(raw),
        end,
        heard(kind) {
          const found = sent.findLast((message) => message.kind === kind);
          if (found === undefined) throw new Error(`the worker was never sent ${kind}`);
          return found as Extract<ToWorker, { kind: typeof kind }>;
        },
      };
      born.push(worker);
      return {
        pid: 1000 + born.length,
        send: (message) => sent.push(message),
        look: () => worker.look,
        kill() {
          if (killed) return;
          killed = true;
          queueMicrotask(() => end({ signal: "SIGKILL" }));
        },
      };
    },
  };
}

export const someSettings: Settings = {
  port: 8888,
  host: "127.0.0.1",
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
  log: "json",
};

export function startOrder(workerNumber: number): StartOrder {
  return { kind: "start", settings: someSettings, workerNumber, memoryShare: 1024, colours: false };
}

export function startMessage(workerNumber: number): StartMessage {
  return { ...startOrder(workerNumber), now: 1_000_000, marks: [] };
}
