import type { PurgeRequest } from "../../src/control/purge.ts";
import { createFleet, type Fleet } from "../../src/supervisor/fleet.ts";
import { createKeeperSlot, type KeeperSlot } from "../../src/supervisor/keeper-slot.ts";
import { createUnremoved } from "../../src/supervisor/unremoved.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeKeepers, introduce } from "./fake-keepers.ts";
import { createFakeWorkers, type FakeWorkers, someSettings, startOrder } from "./fake-workers.ts";

/** A fleet over workers and keepers whose every word the test says. */
export interface Scene {
  readonly clock: FakeClock;
  readonly workers: FakeWorkers;
  readonly keepers: ReturnType<typeof createFakeKeepers>;
  readonly keeperSlot: KeeperSlot;
  readonly fleet: Fleet;
  readonly journal: string[];
  readonly log: string[];
  readonly troubles: string[];
  /** Names of workers that have ended. */
  readonly gone: string[];
  /** What clients of workers wanted purged. */
  readonly purged: (readonly PurgeRequest[])[];
  /** Lives of workers that have told at their end why they had asked origins. */
  readonly left: string[];
  /** What was done to the note for the next start, and how many workers were told of a removal by then. */
  readonly notes: { readonly areThere: boolean; readonly told: number }[];
}

export function openScene(count = 2): Scene {
  const clock = createFakeClock();
  const workers = createFakeWorkers();
  const keepers = createFakeKeepers();
  const journal: string[] = [];
  const log: string[] = [];
  const troubles: string[] = [];
  const gone: string[] = [];
  const purged: (readonly PurgeRequest[])[] = [];
  const left: string[] = [];
  const notes: { areThere: boolean; told: number }[] = [];
  const keeperSlot = createKeeperSlot({
    settings: someSettings,
    startedAt: clock.steady(),
    spawn: keepers.spawn,
    isOurs: () => true,
    clock,
    journal: { info: () => undefined, error: () => undefined },
    troubles: { note: () => undefined },
  });
  const fleet = createFleet({
    keeper: keeperSlot,
    unremoved: createUnremoved({
      keeper: keeperSlot,
      note: (areThere) => {
        const told = workers.born.filter((worker) => worker.timesHeard("remove") > 0).length;
        notes.push({ areThere, told });
      },
      clock,
      troubles: { note: () => undefined },
    }),
    starts: Array.from({ length: count }, (_, place) => startOrder(place + 1)),
    spawn: workers.spawn,
    clock,
    journal: {
      ready: () => undefined,
      info: (message) => journal.push(`info ${message}`),
      warn: (message) => journal.push(`warn ${message}`),
      error: (message) => journal.push(`error ${message}`),
    },
    troubles: { note: ({ code, message }) => troubles.push(`${code} ${message}`) },
    requestLog: { write: (lines, dropped) => log.push(`${dropped}:${lines}`) },
    onPurge: async ({ wanted }) => {
      purged.push(wanted);
      return { error: "the disk is full" };
    },
    onLeft: ({ life }) => left.push(life),
    onGone: (workerName) => gone.push(workerName),
  });
  return { purged, left, clock, workers, keepers, keeperSlot, fleet, journal, log, troubles, gone, notes };
}

/** All workers are ready, and so is the keeper. */
export async function openReadyScene(count = 2): Promise<Scene> {
  const scene = openScene(count);
  scene.keeperSlot.run();
  introduce(scene.keepers.child(0));
  const started = scene.fleet.start();
  for (const worker of scene.workers.born) {
    worker.say({ kind: "hello" });
    worker.say({ kind: "ready", port: 8888, name: "worker" });
  }
  await started;
  return scene;
}
