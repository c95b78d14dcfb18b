import { UsageError } from "../config/usage-error.ts";
import type { Counters } from "../control/messages.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { createClaims } from "./claims.ts";
import { type Clock, within } from "../system/clock.ts";
import type { Journal } from "./journal.ts";
import type { LogWriter } from "./log-writer.ts";
import type { Troubles } from "./troubles.ts";
import type { Ending, SpawnWorker } from "./worker-process.ts";
import type { Unremoved } from "./unremoved.ts";
import { createWorkerSlot, type SlotState, type StartOrder, type WorkerSlot } from "./worker-slot.ts";

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
  remove(selector: PurgeSelector): Promise<number>;
  /** The sum over all workers, those that have ended included. */
  counters(): Promise<Counters>;
  /** Resolves when every worker has ended: requests in flight had the grace to finish. */
  drain(graceMilliseconds: number): Promise<void>;
  /** Ends every worker at once; resolves when they have ended. */
  kill(): Promise<void>;
}

/** What a worker has removed, or why that is not certain. */
interface Removal {
  readonly count: number;
  readonly failure?: string;
}

/** What the operator must be told: the workers cannot do what was asked. */
export class FleetError extends Error {
  override readonly name = "FleetError";
}

export interface FleetOptions {
  /** What each worker is started with; the number is its own. */
  readonly starts: readonly StartOrder[];
  readonly spawn: SpawnWorker;
  /** Removals that are not carried out on the disk. */
  readonly unremoved: Pick<Unremoved, "marks" | "add" | "settle">;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Hears what the workers have trouble with. */
  readonly troubles: Pick<Troubles, "note">;
  readonly requestLog: Pick<LogWriter, "write">;
  /** The worker of that name has ended: as it was told to, with nothing left to do, or not. */
  readonly onGone: (workerName: string, wasOrderly: boolean) => void;
}

/** A worker that dies this often before all were ready once will not come up by trying again. */
const DEATHS_AT_START = 3;
/** A purge by prefix may walk a large index. */
const REMOVE_MILLISECONDS = 60_000;
/** The worker that removes from the disk has it to itself for so long. */
const HEAD_START_MILLISECONDS = 1_000;
const INVALIDATE_MILLISECONDS = 1_000;
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
        onInvalidated(selectors, done) {
          invalidateElsewhere(slot, selectors).then(done, done);
        },
        onClaim(key, request) {
          const { leader, restMilliseconds } = claims.claim(key, start.workerNumber, request);
          return { leader: leader === null ? null : nameOf(leader), restMilliseconds };
        },
        onRelease: (key, request, restMilliseconds) =>
          claims.release(key, start.workerNumber, request, restMilliseconds),
        onUnremoved: options.unremoved.add,
        onTrouble: (code, message) => noteTrouble(code, `${name}: ${message}`),
        onNotice(code, message) {
          if (!noticed.has(code)) journal.warn(message);
          noticed.add(code);
        },
        onDeparted(counters, workerName, { exitCode }) {
          if (workerName !== undefined) options.onGone(workerName, exitCode === 0);
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

  function noteTrouble(code: string, message: string): void {
    options.troubles.note({ code, message });
  }

  /** Never rejects: a client waits for this, and an invalidation is done as far as it can be. */
  async function invalidateElsewhere(source: WorkerSlot, selectors: readonly PurgeSelector[]): Promise<void> {
    const awaited: Promise<void>[] = [];
    for (const slot of slots) {
      if (slot === source) continue;
      const removal = Promise.all(selectors.map((selector) => slot.remove(selector))).then(
        () => undefined,
        (error: unknown) => noteTrouble("INVALIDATION", describeError(error)),
      );
      // One that starts does it when it is ready; what it holds until then is next to nothing.
      if (slot.state === "ready") awaited.push(removal);
    }
    await within(clock, INVALIDATE_MILLISECONDS, Promise.all(awaited));
  }

  /** Undefined when the worker has ended: its memory is gone, too. */
  async function removeFrom(slot: WorkerSlot, selector: PurgeSelector): Promise<Removal | undefined> {
    const removal = slot.remove(selector).then(
      (count): { answer: Removal | undefined } => ({ answer: count === undefined ? undefined : { count } }),
      (error: unknown) => ({ answer: { count: 0, failure: describeError(error) } }),
    );
    const answered = await within(clock, REMOVE_MILLISECONDS, removal);
    if (answered !== undefined) return answered.answer;
    return { count: 0, failure: `worker ${slot.number} did not say in time that it removed` };
  }

  /** The first worker that does it: it removes from its memory and from the disk, which all share. */
  async function removeFromDisk(selector: PurgeSelector, asked: Set<WorkerSlot>): Promise<Removal> {
    for (const slot of slots.toSorted(readyFirst)) {
      asked.add(slot);
      const removal = await removeFrom(slot, selector);
      if (removal !== undefined) return removal;
    }
    return { count: 0, failure: "no worker is ready" };
  }

  /** From every memory, and from the disk. */
  async function removeEverywhere(selector: PurgeSelector): Promise<Removal[]> {
    const asked = new Set<WorkerSlot>();
    const first = removeFromDisk(selector, asked);
    // With the disk done there is little left for the others to do; but one that hangs must not keep them from it.
    await within(clock, HEAD_START_MILLISECONDS, first);
    const others = slots.filter((slot) => !asked.has(slot));
    const all = await Promise.all([first, ...others.map((slot) => removeFrom(slot, selector))]);
    return all.filter((removal) => removal !== undefined);
  }

  /** How many had to be removed from the disk by the supervisor. */
  async function settled(selector: PurgeSelector): Promise<number> {
    try {
      return await options.unremoved.settle(selector);
    } catch (error) {
      const why = describeError(error);
      throw new FleetError(
        `what was named is served no more, but is on the disk still (${why}); it is tried each second to remove it`,
      );
    }
  }

  return {
    start() {
      for (const slot of slots) slot.run();
      return firstStart.promise;
    },
    status: () => slots.map(({ number, pid, state, deaths }) => ({ number, pid, state, deaths })),
    async remove(selector) {
      const removals = await removeEverywhere(selector);
      const failure = removals.find((removal) => removal.failure !== undefined)?.failure;
      if (failure !== undefined) throw new FleetError(failure);
      const late = await settled(selector);
      // The memories hold copies of what the disk holds: the largest number is the number of responses.
      return Math.max(late, ...removals.map(({ count }) => count));
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

function readyFirst(one: WorkerSlot, other: WorkerSlot): number {
  return Number(other.state === "ready") - Number(one.state === "ready");
}

function add(sum: Counters, counter: string, amount: number): void {
  sum[counter] = (sum[counter] ?? 0) + amount;
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeEnding(ending: Ending): string {
  if (ending.signal === "SIGBUS")
    return "was ended by SIGBUS, as when somebody cuts a file of the index short";
  if (ending.signal !== null) return `was ended by ${ending.signal}`;
  if (ending.exitCode !== null) return `ended with code ${ending.exitCode}`;
  return "could not be started";
}
