import {
  type FromWorker,
  fromWorkerSchema,
  type ListedByWorker,
  type RemovedByWorker,
  type StartMessage,
  type ToWorker,
} from "../control/messages.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type {
  AnswerAbout,
  QuestionAbout,
  WorkerAnswer,
  WorkerQuestion,
} from "../control/worker-questions.ts";
import { type Clock, within } from "../system/clock.ts";
import { FleetError } from "./fleet-error.ts";
import { type Removal, type SlotEvents, tellEvents } from "./slot-events.ts";
import { createProcessSlot, type ProcessSlot, type SlotState } from "./process-slot.ts";
import type { SpawnChild } from "./worker-process.ts";

/** What a worker is told at its start, beside what changes. */
export type StartOrder = Omit<StartMessage, "now" | "marks" | "hasCompany">;

/** What a worker serves by, and what may change while it does. */
export type Configured = Pick<StartMessage, "settings" | "plan">;

export interface SlotOptions {
  readonly start: StartOrder;
  /** A number that no other slot has. */
  readonly place: number;
  /** Removals that are not carried out on the disk now. */
  readonly marks: () => readonly PurgeSelector[];
  /** Whether there are other workers now. */
  readonly hasCompany: () => boolean;
  readonly spawn: SpawnChild<ToWorker>;
  readonly clock: Clock;
  readonly events: SlotEvents;
}

/** One of the N places of the fleet: keeps one worker alive in it until it is told to stop. */
export interface WorkerSlot {
  readonly number: number;
  readonly place: number;
  readonly state: SlotState;
  readonly pid: number | undefined;
  /** By which the others find the worker; undefined while none is ready. */
  readonly workerName: string | undefined;
  /** How often a worker of this place died by itself. */
  readonly deaths: number;
  run(): void;
  /**
   * From its memory and what is on its way, how many; one that starts answers when it is about to serve. Undefined when it
   * ended before.
   */
  remove(removal: Removal): Promise<RemovedByWorker | undefined>;
  /** What it would remove; undefined when it ended before it said so. */
  list(selectors: readonly PurgeSelector[], limit: number): Promise<ListedByWorker | undefined>;
  /** Has the worker serve by these, and any that comes after it. One that cannot, or does not say so in time, is replaced. */
  configure(configured: Configured): Promise<void>;
  /** Whether there are other workers has changed. */
  tellOfCompany(): void;
  /** Undefined when it is not ready, or ended before it answered. Rejects with a `FleetError` where it says why it cannot. */
  ask<About extends WorkerQuestion["about"]>(
    question: QuestionAbout<About>,
  ): Promise<AnswerAbout<About> | undefined>;
  /** Has it tell what it has counted, where it is ready; resolves when it has, or has ended. */
  count(): Promise<void>;
  /**
   * Resolves when the worker has ended: by itself within the grace, or killed soon after. `isReplaced`: others listen where
   * it did.
   */
  drain(graceMilliseconds: number, isReplaced: boolean): Promise<void>;
  /** Resolves when the worker has ended. */
  kill(): Promise<void>;
}

/** What a worker may take beyond the grace to close its store. */
const CLOSING_MILLISECONDS = 5_000;
/** What a worker may take to serve by a new plan: all that it must do is reckon. */
const CONFIGURE_MILLISECONDS = 5_000;

/** A little longer than a screen, for what a worker may say and what it is asked are two lists. */
export function createWorkerSlot(options: SlotOptions): WorkerSlot {
  const { marks, hasCompany, spawn, clock, events } = options;
  let start = options.start;
  let workerName: string | undefined;

  const slot = createProcessSlot<ToWorker, FromWorker>({
    ...{ spawn, clock, schema: fromWorkerSchema, hear },
    // The counters are the sign of life: what was counted by a worker that ends badly is lost for a second only.
    askForLife: (request) => ({ kind: "reportCounters", request }),
    onReady: events.onReady,
    onEnd() {
      const name = workerName;
      workerName = undefined;
      events.onDeparted(name);
    },
    onDeath: events.onDeath,
    onTrouble: events.onTrouble,
  });

  function hear(message: FromWorker, say: (message: ToWorker) => void): void {
    switch (message.kind) {
      case "hello":
        say({ ...start, now: clock.steady(), marks: [...marks()], hasCompany: hasCompany() });
        break;
      case "ready":
        workerName = message.name;
        slot.becomeReady();
        break;
      case "counters":
        events.onCounted(message.counters);
        slot.answer(message.request, message);
        break;
      case "removed":
      case "listed":
      case "configured":
        slot.answer(message.request, message);
        break;
      case "told":
        if (message.answer?.about === "measures") events.onMeasured(message.answer.measures);
        slot.answer(message.request, message);
        break;
      case "drained":
        events.onCounted(message.counters);
        if (message.measures !== undefined) events.onMeasured(message.measures);
        if (message.cacheability !== undefined) events.onLeft(message.cacheability);
        break;
      default:
        tellEvents(message, events, say);
    }
  }

  return {
    number: options.start.workerNumber,
    place: options.place,
    get state() {
      return slot.state;
    },
    get pid() {
      return slot.pid;
    },
    get workerName() {
      return workerName;
    },
    get deaths() {
      return slot.deaths;
    },
    run: slot.run,
    async remove({ selectors, number }) {
      const order = { kind: "remove" as const, selectors: [...selectors], number };
      const answer = await slot.ask((request) => ({ ...order, request }));
      if (answer?.kind !== "removed") return undefined;
      return { complete: answer.complete, inFlight: answer.inFlight };
    },
    async list(selectors, limit) {
      const order = { kind: "list" as const, selectors: [...selectors], limit };
      const answer = await slot.ask((request) => ({ ...order, request }));
      if (answer?.kind !== "listed") return undefined;
      const { complete, inFlight, listed } = answer;
      return { complete, inFlight, listed };
    },
    async configure(configured) {
      start = { ...start, ...configured };
      const why = await refusalBy(slot, configured, clock);
      if (why !== undefined) slot.replace(`${why}; it is ended`);
    },
    tellOfCompany() {
      slot.tell({ kind: "company", isThere: hasCompany() });
    },
    async ask<About extends WorkerQuestion["about"]>(question: QuestionAbout<About>) {
      if (slot.state !== "ready") return undefined;
      const told = await slot.ask((request) => ({ kind: "ask", request, question }));
      if (told?.kind !== "told") return undefined;
      if (told.error !== undefined) throw new FleetError(told.error);
      return isAbout(told.answer, question.about) ? told.answer : undefined;
    },
    async count() {
      if (slot.state === "ready") await slot.ask((request) => ({ kind: "reportCounters", request }));
    },
    drain: (graceMilliseconds, isReplaced) =>
      slot.end({ kind: "drain", graceMilliseconds, isReplaced }, graceMilliseconds + CLOSING_MILLISECONDS),
    kill: slot.kill,
  };
}

function isAbout<About extends WorkerQuestion["about"]>(
  answer: WorkerAnswer | undefined,
  about: About,
): answer is AnswerAbout<About> {
  return answer?.about === about;
}

/** Why the worker does not serve by these, if it does not. One that has ended meanwhile is started again with them. */
async function refusalBy(
  slot: ProcessSlot<ToWorker, FromWorker>,
  configured: Configured,
  clock: Clock,
): Promise<string | undefined> {
  const asked = slot.ask((request) => ({ kind: "configure", request, ...configured }));
  const answered = await within(
    clock,
    CONFIGURE_MILLISECONDS,
    asked.then((answer) => ({ error: answer?.kind === "configured" ? answer.error : undefined })),
  );
  if (answered === undefined) return "did not serve by the new plan in time";
  return answered.error && `cannot serve by the new plan: ${answered.error}`;
}
