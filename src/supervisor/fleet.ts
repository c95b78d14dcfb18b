import { UsageError } from "../config/usage-error.ts";
import type { Counters, ToWorker } from "../control/messages.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { createClaims } from "./claims.ts";
import { type Clock, within } from "../system/clock.ts";
import { type DiskRemoval, KeeperError, type KeeperSlot } from "./keeper-slot.ts";
import type { Journal } from "./journal.ts";
import type { LogWriter } from "./log-writer.ts";
import type { SlotState } from "./process-slot.ts";
import { createRelay } from "./relay.ts";
import type { Troubles } from "./troubles.ts";
import type { Unremoved } from "./unremoved.ts";
import { describeEnding, type SpawnChild } from "./worker-process.ts";
import { createWorkerSlot, type Removal, type StartOrder, type WorkerSlot } from "./worker-slot.ts";

export interface WorkerStatus {
  readonly number: number;
  readonly pid: number | undefined;
  readonly state: SlotState;
  readonly deaths: number;
}

/** Every worker, as one. */
export interface Fleet {
  /** Resolves when all workers were ready once. Rejects with a `FleetError` or a `UsageError` when one of them cannot be. */
  start(): Promise<void>;
  status(): readonly WorkerStatus[];
  /** Removes from the disk and from every worker's memory; how many. Rejects with a `FleetError` when that is not certain. */
  remove(selectors: readonly PurgeSelector[]): Promise<number>;
  /** The sum over all workers, those that have ended included. */
  counters(): Promise<Counters>;
  /** Resolves when every worker has ended: requests in flight had the grace to finish. */
  drain(graceMilliseconds: number): Promise<void>;
  /** Ends every worker at once; resolves when they have ended. */
  kill(): Promise<void>;
}

/** What the operator must be told: the workers cannot do what was asked. */
export class FleetError extends Error {
  override readonly name = "FleetError";
}

export interface FleetOptions {
  /** What each worker is started with; the number is its own. */
  readonly starts: readonly StartOrder[];
  readonly spawn: SpawnChild<ToWorker>;
  readonly keeper: Pick<KeeperSlot, "remove">;
  /** Removals that are not carried out on the disk. */
  readonly unremoved: Pick<Unremoved, "marks" | "add">;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Hears what the workers have trouble with. */
  readonly troubles: Pick<Troubles, "note">;
  readonly requestLog: Pick<LogWriter, "write">;
  /** The worker of that name has ended. */
  readonly onGone: (workerName: string) => void;
}

/** A worker that dies this often before all were ready once will not come up by trying again. */
const DEATHS_AT_START = 3;
/** A purge by prefix may walk a large index. */
const REMOVE_MILLISECONDS = 60_000;
const COUNTERS_MILLISECONDS = 1_000;

/** Counters whose name ends so are a present amount, not a sum over time: they end with their worker. */
const PRESENT_AMOUNT = /Now$/;

export function createFleet(options: FleetOptions): Fleet {
  const { clock, journal, requestLog } = options;
  const departed: Counters = {};
  const firstStart = Promise.withResolvers<void>();
  const notYetReady = new Set(options.starts.map((start) => start.workerNumber));
  /** Codes of what was told once. */
  const noticed = new Set<string>();
  let started = false;

  const claims = createClaims(clock);
  const slots = options.starts.map(openSlot);
  const relay = createRelay(slots, clock);

  function openSlot(start: StartOrder): WorkerSlot {
    const name = `worker ${start.workerNumber}`;
    const slot: WorkerSlot = createWorkerSlot({
      start,
      marks: () => options.unremoved.marks,
      spawn: options.spawn,
      clock,
      events: {
        onReady() {
          if (started) journal.info(`${name} is back`);
          notYetReady.delete(start.workerNumber);
          if (notYetReady.size > 0) return;
          started = true;
          firstStart.resolve();
        },
        onFailed(message, isUsage) {
          if (started) journal.error(`${name} cannot serve: ${message}`);
          else firstStart.reject(isUsage ? new UsageError(message) : new FleetError(message));
        },
        onDeath(ending, delay) {
          claims.releaseAll(start.workerNumber);
          const death = `${name} ${describeEnding(ending)}`;
          if (started) journal.error(`${death}; it is started again in ${delay} ms`);
          else if (slot.deaths >= DEATHS_AT_START)
            firstStart.reject(new FleetError(`${death} before it was ready`));
        },
        onLog: (lines, dropped) => requestLog.write(lines, dropped),
        onInvalidated(removal, done) {
          if (removal.number === null) options.unremoved.add(removal.selectors);
          relay(slot, removal, done);
        },
        onClaim(key, request) {
          const { leader, restMilliseconds } = claims.claim(key, start.workerNumber, request);
          return { leader: leader === null ? null : nameOf(leader), restMilliseconds };
        },
        onRelease: (key, request, restMilliseconds) =>
          claims.release(key, start.workerNumber, request, restMilliseconds),
        onTrouble: (code, message) => options.troubles.note({ code, message: `${name}: ${message}` }),
        onNotice(code, message) {
          if (!noticed.has(code)) journal.warn(message);
          noticed.add(code);
        },
        onDeparted(counters, workerName) {
          if (workerName !== undefined) options.onGone(workerName);
          for (const [counter, amount] of Object.entries(counters)) {
            if (!PRESENT_AMOUNT.test(counter)) add(departed, counter, amount);
          }
        },
      },
    });
    return slot;
  }

  /** Null when it is not there to be asked. */
  function nameOf(worker: number): string | null {
    return slots.find((slot) => slot.number === worker)?.workerName ?? null;
  }

  /** Undefined when the worker has ended: its memory is gone, too. */
  async function removeFrom(slot: WorkerSlot, removal: Removal): Promise<number | undefined> {
    const answered = await within(
      clock,
      REMOVE_MILLISECONDS,
      slot.remove(removal).then((count) => ({ count })),
    );
    if (answered === undefined)
      throw new FleetError(`worker ${slot.number} did not say in time that it removed`);
    return answered.count;
  }

  /** Or why it could not be. Then it is noted as such before anybody is told. */
  async function removeFromDisk(selectors: readonly PurgeSelector[]): Promise<DiskRemoval | KeeperError> {
    try {
      return await options.keeper.remove(selectors, REMOVE_MILLISECONDS);
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      options.unremoved.add(selectors);
      return error;
    }
  }

  return {
    start() {
      for (const slot of slots) slot.run();
      return firstStart.promise;
    },
    status: () => slots.map(({ number, pid, state, deaths }) => ({ number, pid, state, deaths })),
    async remove(selectors) {
      const fromDisk = await removeFromDisk(selectors);
      const failed = fromDisk instanceof KeeperError;
      const removal = { selectors, number: failed ? null : fromDisk.number };
      const fromMemories = await Promise.all(slots.map((slot) => removeFrom(slot, removal)));
      if (failed) {
        throw new FleetError(
          `what was named is served no more, but is on the disk still (${fromDisk.message}); it is tried each second to remove it`,
        );
      }
      // The memories hold copies of what the disk holds: the largest number is the number of responses.
      return Math.max(fromDisk.count, ...fromMemories.map((count) => count ?? 0));
    },
    async counters() {
      const sum: Counters = { ...departed };
      const present = await Promise.all(
        slots.map((slot) => within(clock, COUNTERS_MILLISECONDS, slot.counters())),
      );
      for (const counters of present) {
        for (const [counter, amount] of Object.entries(counters ?? {})) add(sum, counter, amount);
      }
      return sum;
    },
    async drain(graceMilliseconds) {
      await Promise.all(slots.map((slot) => slot.drain(graceMilliseconds)));
    },
    async kill() {
      await Promise.all(slots.map((slot) => slot.kill()));
    },
  };
}

function add(sum: Counters, counter: string, amount: number): void {
  sum[counter] = (sum[counter] ?? 0) + amount;
}
