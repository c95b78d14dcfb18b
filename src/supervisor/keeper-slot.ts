import { codeOf } from "../config/listen-refusal.ts";
import type { Settings } from "../config/schema.ts";
import { type FromKeeper, fromKeeperSchema, type ToKeeper } from "../control/keeper-messages.ts";
import type { Listed } from "../control/purge.ts";
import type { Measures } from "../control/measures.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { type Cancel, type Clock, within } from "../system/clock.ts";
import type { Journal } from "./journal.ts";
import { createProcessSlot, type ProcessSlot, type SlotState } from "./process-slot.ts";
import { createLedger } from "./measures/ledger.ts";
import type { Troubles } from "./troubles.ts";
import { describeEnding, type SpawnChild } from "./worker-process.ts";

export interface KeeperSlotOptions {
  readonly settings: Settings;
  /** When the supervisor began, by the steady clock. */
  readonly startedAt: number;
  readonly spawn: SpawnChild<ToKeeper>;
  /** Whether the cache directory is this supervisor's: see `CacheLock.keep`. Throws the system's errors. */
  readonly isOurs: () => boolean;
  readonly clock: Clock;
  readonly journal: Pick<Journal, "info" | "error">;
  readonly troubles: Pick<Troubles, "note">;
}

/** What the keeper has removed from the disk, and the number that it gave to it. */
export interface DiskRemoval {
  /** Of whole responses, and of such as are held in part. */
  readonly complete: number;
  readonly partial: number;
  readonly number: number;
}

/** What the disk holds of what a removal names. */
export interface DiskList extends Omit<DiskRemoval, "number"> {
  readonly listed: readonly Listed[];
}

export interface Totals {
  readonly objects: number;
  readonly bytes: number;
}

export interface KeeperStatus {
  readonly pid: number | undefined;
  readonly state: SlotState;
  readonly deaths: number;
}

/** Why the keeper has not removed what it was asked to. */
export class KeeperError extends Error {
  override readonly name = "KeeperError";
}

/** The place of the one process that writes the disk: it is kept alive there while the cache directory is ours. */
export interface KeeperSlot {
  readonly status: KeeperStatus;
  /** Resolves when the keeper is ready for the first time. */
  readonly whenReady: Promise<void>;
  run(): void;
  /**
   * Rejects with a `KeeperError` when it could not remove, and when it has not said within so many milliseconds that it
   * did; at once when it is not there, or is known to be silent.
   */
  remove(selectors: readonly PurgeSelector[], milliseconds: number): Promise<DiskRemoval>;
  /** What `remove` would remove, of many rows the first `limit`. Rejects likewise. */
  list(selectors: readonly PurgeSelector[], limit: number, milliseconds: number): Promise<DiskList>;
  /** What the disk holds; what is known last when the keeper does not tell. */
  totals(): Promise<Totals>;
  /** What it has measured, and those before it; what is known last when it does not tell. */
  measures(): Promise<Measures>;
  /** Has another keeper take its place, with these settings; it is killed when it takes longer than that to close the index. */
  renew(settings: Settings, graceMilliseconds: number): void;
  /** Tells it to close the index; it is killed after so long. Resolves when it has ended. */
  stop(graceMilliseconds: number): Promise<void>;
  kill(): Promise<void>;
}

const LOOK_MILLISECONDS = 1_000;
const TOTALS_MILLISECONDS = 1_000;

type Slot = ProcessSlot<ToKeeper, FromKeeper>;

export function createKeeperSlot(options: KeeperSlotOptions): KeeperSlot {
  const { startedAt, clock, journal, troubles } = options;
  let { settings } = options;
  const firstReady = Promise.withResolvers<void>();
  let wasReady = false;
  let cancelLook: Cancel = () => undefined;
  let totals: Totals = { objects: 0, bytes: 0 };
  const ledger = createLedger();

  const slot = createProcessSlot<ToKeeper, FromKeeper>({
    ...{ spawn: options.spawn, clock, schema: fromKeeperSchema, hear },
    askForLife: (request) => ({ kind: "totals", request }),
    onReady() {
      if (wasReady || slot.deaths > 0) journal.info("the keeper is back");
      wasReady = true;
      firstReady.resolve();
    },
    onEnd: () => ledger.ended("keeper"),
    onDeath: (ending, delay) =>
      journal.error(`the keeper ${describeEnding(ending)}; it is started again in ${delay} ms`),
    onTrouble: (code, message) => troubles.note({ code, message: `keeper: ${message}` }),
  });

  function hear(message: FromKeeper, say: (message: ToKeeper) => void): void {
    switch (message.kind) {
      case "hello":
        say({ kind: "start", now: clock.steady(), startedAt, deaths: slot.deaths, settings });
        break;
      case "ready":
        slot.becomeReady();
        break;
      case "totals":
        totals = { objects: message.objects, bytes: message.bytes };
        if (message.measures !== undefined) ledger.heard("keeper", message.measures);
        slot.answer(message.request, message);
        break;
      case "removed":
      case "listed":
        slot.answer(message.request, message);
        break;
      case "trouble":
        troubles.note({ code: message.code, message: `keeper: ${message.message}` });
        break;
      case "info":
        journal.info(`keeper: ${message.message}`);
        break;
      case "stopped":
        break;
    }
  }

  async function askForTotals(): Promise<void> {
    const asked = (request: number) => ({ kind: "totals", request }) as const;
    const isThere = slot.state === "ready" && !slot.isSilent;
    if (isThere) await within(clock, TOTALS_MILLISECONDS, slot.ask(asked));
  }

  return {
    get status() {
      const { pid, state, deaths } = slot;
      return { pid, state, deaths };
    },
    whenReady: firstReady.promise,
    run() {
      cancelLook = clock.every(LOOK_MILLISECONDS, () => runWhereOurs(slot, options));
      runWhereOurs(slot, options);
    },
    remove: (selectors, milliseconds) =>
      inTime(slot, clock, milliseconds, () => askToRemove(slot, selectors), "that it removed it"),
    list: (selectors, limit, milliseconds) =>
      inTime(slot, clock, milliseconds, () => askToList(slot, selectors, limit), "what it has"),
    async totals() {
      await askForTotals();
      return totals;
    },
    async measures() {
      await askForTotals();
      return ledger.sum();
    },
    renew(next, graceMilliseconds) {
      settings = next;
      slot.renew({ kind: "stop" }, graceMilliseconds);
    },
    async stop(graceMilliseconds) {
      cancelLook();
      await slot.end({ kind: "stop" }, graceMilliseconds);
    },
    async kill() {
      cancelLook();
      await slot.kill();
    },
  };
}

/** Two keepers would write past each other: none runs without the lock. */
function runWhereOurs(slot: Slot, { isOurs, troubles }: KeeperSlotOptions): void {
  function noteAbsent(code: string, why: string): void {
    troubles.note({ code, message: `there is no disk cache: ${why}` });
  }

  try {
    if (isOurs()) {
      if (slot.isIdle) slot.run();
      return;
    }
    slot.pause();
    noteAbsent("INDEX_ABSENT", "the cache directory is in use by another cacheproxy");
  } catch (error) {
    noteAbsent(codeOf(error) ?? "INDEX_ABSENT", error instanceof Error ? error.message : String(error));
  }
}

/** See `KeeperSlot`. `what` it was to say, for the message. */
async function inTime<Answer>(
  slot: Slot,
  clock: Clock,
  milliseconds: number,
  ask: () => Promise<Answer>,
  what: string,
): Promise<Answer> {
  if (slot.state !== "ready") throw new KeeperError("the keeper of the disk is down");
  if (slot.isSilent) throw new KeeperError("the keeper of the disk does not answer");
  const answer = await within(clock, milliseconds, ask());
  if (answer !== undefined) return answer;
  throw new KeeperError(`the keeper of the disk did not say in time ${what}`);
}

async function askToRemove(slot: Slot, selectors: readonly PurgeSelector[]): Promise<DiskRemoval> {
  const answer = await slot.ask((request) => ({ kind: "remove", request, selectors: [...selectors] }));
  if (answer?.kind !== "removed")
    throw new KeeperError("the keeper of the disk ended before it had removed it");
  if (answer.error !== undefined) throw new KeeperError(answer.error);
  const { complete, partial, number } = answer;
  return { complete, partial, number };
}

async function askToList(slot: Slot, selectors: readonly PurgeSelector[], limit: number): Promise<DiskList> {
  const answer = await slot.ask((request) => ({ kind: "list", request, selectors: [...selectors], limit }));
  if (answer?.kind !== "listed")
    throw new KeeperError("the keeper of the disk ended before it had said what it has");
  if (answer.error !== undefined) throw new KeeperError(answer.error);
  const { complete, partial, listed } = answer;
  return { complete, partial, listed };
}
