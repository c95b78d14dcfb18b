import { UsageError } from "../config/usage-error.ts";
import type { Counters, ToWorker } from "../control/messages.ts";
import type { Measures } from "../control/measures.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { Clock } from "../system/clock.ts";
import type { Claims } from "./claims.ts";
import { FleetError } from "./fleet-error.ts";
import type { Journal } from "./journal.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Relay } from "./relay.ts";
import type { Troubles } from "./troubles.ts";
import { describeEnding, type SpawnChild } from "./worker-process.ts";
import type { Removal, SlotEvents } from "./slot-events.ts";
import { createWorkerSlot, type StartOrder, type WorkerSlot } from "./worker-slot.ts";

/** Workers that began together: those of the start, or those that take the place of others. */
export interface Crew {
  readonly slots: readonly WorkerSlot[];
  /** Resolves when all workers were ready once. Rejects with a `FleetError` or a `UsageError` when one of them cannot be. */
  start(): Promise<void>;
}

/** What a crew shares with those that serve beside it. */
export interface CrewSurroundings {
  readonly spawn: SpawnChild<ToWorker>;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly troubles: Pick<Troubles, "note">;
  readonly requestLog: Pick<LogWriter, "write">;
  readonly claims: Claims;
  readonly relay: Relay;
  /** Removals that are not carried out on the disk now. */
  readonly marks: () => readonly PurgeSelector[];
  /** Whether there is more than one worker now, of all crews. */
  readonly hasCompany: () => boolean;
  /** A number that no other place has, of no crew: two crews count their workers from 1. */
  readonly newPlace: () => number;
  /** By which others find the worker of that place; null where it is not there to be asked. */
  readonly nameAt: (place: number) => string | null;
  /** A worker has removed these, and the disk has them still. */
  readonly onUnremoved: (removal: Removal) => void;
  readonly onPurge: SlotEvents["onPurge"];
  /** The worker of that place has counted this in its present life. */
  readonly onCounted: (place: number, counters: Counters) => void;
  /** It has measured this in it. */
  readonly onMeasured: (place: number, measures: Measures) => void;
  readonly onLeft: SlotEvents["onLeft"];
  readonly onNotice: (code: string, message: string) => void;
  /** The worker of that place has ended: its name if it was ready once. */
  readonly onDeparted: (place: number, name: string | undefined) => void;
}

/** A worker that dies this often before all were ready once will not come up by trying again. */
const DEATHS_AT_START = 3;

export function createCrew(starts: readonly StartOrder[], around: CrewSurroundings): Crew {
  const { journal, claims } = around;
  const allReady = Promise.withResolvers<void>();
  const notYetReady = new Set(starts.map((start) => start.workerNumber));
  const slots = starts.map(openSlot);
  let started = false;

  function openSlot(start: StartOrder): WorkerSlot {
    const name = `worker ${start.workerNumber}`;
    const place = around.newPlace();
    const slot: WorkerSlot = createWorkerSlot({
      start,
      place,
      marks: around.marks,
      hasCompany: around.hasCompany,
      spawn: around.spawn,
      clock: around.clock,
      events: {
        onReady() {
          if (started) journal.info(`${name} is back`);
          notYetReady.delete(start.workerNumber);
          if (notYetReady.size > 0) return;
          started = true;
          allReady.resolve();
        },
        onFailed(message, isUsage) {
          if (started) journal.error(`${name} cannot serve: ${message}`);
          else allReady.reject(isUsage ? new UsageError(message) : new FleetError(message));
        },
        onDeath(ending, delay) {
          const death = `${name} ${describeEnding(ending)}`;
          if (started) journal.error(`${death}; it is started again in ${delay} ms`);
          else if (slot.deaths >= DEATHS_AT_START)
            allReady.reject(new FleetError(`${death} before it was ready`));
        },
        onLog: (lines, dropped) => around.requestLog.write(lines, dropped),
        onInvalidated(removal, done) {
          if (removal.number === null) around.onUnremoved(removal);
          around.relay(slot, removal, done);
        },
        onClaim(key, request) {
          const { leader, restMilliseconds } = claims.claim(key, place, request);
          return { leader: leader === null ? null : around.nameAt(leader), restMilliseconds };
        },
        onRelease: (key, request, restMilliseconds) => claims.release(key, place, request, restMilliseconds),
        onTrouble: (code, message) => around.troubles.note({ code, message: `${name}: ${message}` }),
        onPurge: around.onPurge,
        onCounted: (counters) => around.onCounted(place, counters),
        onMeasured: (measures) => around.onMeasured(place, measures),
        onLeft: around.onLeft,
        onNotice: around.onNotice,
        onNews: (level, message) => journal[level](`${name}: ${message}`),
        onDeparted(workerName) {
          claims.releaseAll(place);
          around.onDeparted(place, workerName);
        },
      },
    });
    return slot;
  }

  return {
    slots,
    start() {
      for (const slot of slots) slot.run();
      return allReady.promise;
    },
  };
}
