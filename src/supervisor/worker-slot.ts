import type { StartMessage } from "../control/messages.ts";
import { type Counters, type FromWorker, fromWorkerSchema, type Mark } from "../control/messages.ts";
import { misfit } from "../control/misfit.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { RECOVERED_MILLISECONDS, restartDelay } from "./back-off.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import { feelPulse } from "./pulse.ts";
import type { Ending, SpawnWorker, WorkerProcess } from "./worker-process.ts";

/** waiting: between a death and the next start. stopping: drains or was killed for good. */
export type SlotState = "starting" | "ready" | "waiting" | "stopping" | "stopped";

export interface SlotEvents {
  onReady(): void;
  /** The worker said why it cannot serve; its end comes next. */
  onFailed(message: string, isUsage: boolean): void;
  /** It ended by itself and is started again after the delay. */
  onDeath(ending: Ending, delayMilliseconds: number): void;
  onLog(lines: string, dropped: number): void;
  /** The worker has removed these, and the others should; it waits until that is done. */
  onInvalidated(selectors: readonly PurgeSelector[], done: () => void): void;
  /** The worker asks to lead the key; `leader` is null, or the name of the worker that leads it already. */
  onClaim(
    key: string,
    request: number,
  ): { readonly leader: string | null; readonly restMilliseconds: number };
  onRelease(key: string, request: number, restMilliseconds: number): void;
  onTrouble(code: string, message: string): void;
  /** The worker could not carry the removal out on the disk. */
  onUnremoved(mark: Mark): void;
  onNotice(code: string, message: string): void;
  /** A worker has ended: its last counters, its name if it was ready once, and how it ended. */
  onDeparted(counters: Counters, name: string | undefined, ending: Ending): void;
}

/** What a worker is told at its start, beside what changes. */
export type StartOrder = Omit<StartMessage, "now" | "marks">;

export interface SlotOptions {
  readonly start: StartOrder;
  /** Removals that are not carried out on the disk now. */
  readonly marks: () => readonly Mark[];
  readonly spawn: SpawnWorker;
  readonly clock: Clock;
  readonly events: SlotEvents;
}

/** One of the N places of the fleet: keeps one worker alive in it until it is told to stop. */
export interface WorkerSlot {
  readonly number: number;
  readonly state: SlotState;
  readonly pid: number | undefined;
  /** By which the others find the worker; undefined while none is ready. */
  readonly workerName: string | undefined;
  /** How often a worker of this place died by itself. */
  readonly deaths: number;
  run(): void;
  /** Undefined when the worker ended before it answered. Rejects when it could not remove. */
  remove(selector: PurgeSelector): Promise<number | undefined>;
  /** Undefined when there is no worker to answer. */
  counters(): Promise<Counters | undefined>;
  /** Resolves when the worker has ended: by itself within the grace, or killed soon after. */
  drain(graceMilliseconds: number): Promise<void>;
  /** Resolves when the worker has ended. */
  kill(): Promise<void>;
}

/** A worker has this long from its start until it listens. */
const START_MILLISECONDS = 30_000;
/** What a worker may take beyond the grace to close its store. */
const CLOSING_MILLISECONDS = 5_000;

type Answer = Extract<FromWorker, { kind: "removed" | "counters" }>;

/** One life of a worker. */
interface Life {
  readonly process: WorkerProcess;
  readonly questions: Map<number, (answer: Answer | undefined) => void>;
  /** Resolves when the worker is ready or has ended. */
  readonly settled: PromiseWithResolvers<void>;
  readonly cancels: Cancel[];
  lastCounters: Counters;
  name: string | undefined;
}

export function createWorkerSlot(options: SlotOptions): WorkerSlot {
  const { start, spawn, clock, events } = options;
  let state: SlotState = "waiting";
  let life: Life | undefined;
  let deaths = 0;
  let deathsInARow = 0;
  let lastRequest = 0;
  let cancelRestart: Cancel = () => undefined;
  const stopped = Promise.withResolvers<void>();

  function run(): void {
    state = "starting";
    try {
      begin();
    } catch (error) {
      events.onTrouble("SPAWN", error instanceof Error ? error.message : String(error));
      restartLater({ exitCode: null, signal: null });
    }
  }

  function begin(): void {
    const current: Life = {
      process: spawn({
        onMessage: (raw) => hear(current, raw),
        onEnd: (ending) => end(current, ending),
      }),
      questions: new Map(),
      settled: Promise.withResolvers(),
      cancels: [],
      lastCounters: {},
      name: undefined,
    };
    life = current;
    current.cancels.push(
      clock.after(START_MILLISECONDS, () => {
        if (state !== "starting") return;
        events.onTrouble("START_TIMEOUT", `not ready after ${START_MILLISECONDS / 1000} s`);
        current.process.kill();
      }),
    );
  }

  function hear(current: Life, raw: unknown): void {
    const parsed = fromWorkerSchema.safeParse(raw);
    if (!parsed.success) {
      events.onTrouble(
        "CONTROL_MESSAGE",
        `said what the supervisor does not know: ${misfit(parsed.error, raw)}`,
      );
      return;
    }
    const message = parsed.data;
    switch (message.kind) {
      case "hello":
        current.process.send({ ...start, now: clock.steady(), marks: [...options.marks()] });
        break;
      case "ready":
        current.name = message.name;
        becomeReady(current);
        break;
      case "failed":
        events.onFailed(message.message, message.isUsage);
        break;
      case "counters":
        current.lastCounters = message.counters;
        answer(current, message);
        break;
      case "removed":
        answer(current, message);
        break;
      case "log":
        events.onLog(message.lines, message.dropped);
        break;
      case "invalidateElsewhere":
        events.onInvalidated(message.selectors, () =>
          current.process.send({ kind: "invalidatedElsewhere", request: message.request }),
        );
        break;
      case "claim": {
        const { key, request } = message;
        current.process.send({ kind: "claimed", request, ...events.onClaim(key, request) });
        break;
      }
      case "release":
        events.onRelease(message.key, message.request, message.restMilliseconds);
        break;
      case "unremoved":
        events.onUnremoved(message.mark);
        break;
      case "trouble":
        events.onTrouble(message.code, message.message);
        break;
      case "notice":
        events.onNotice(message.code, message.message);
        break;
      case "drained":
        break;
    }
  }

  function becomeReady(current: Life): void {
    if (state !== "starting") return;
    state = "ready";
    current.settled.resolve();
    current.cancels.push(
      clock.after(RECOVERED_MILLISECONDS, () => {
        deathsInARow = 0;
      }),
      feelPulse({
        clock,
        look: current.process.look,
        ask: (answered) => askForLife(current, answered),
        onLost(finding) {
          events.onTrouble("UNRESPONSIVE", `${finding}; it is ended`);
          current.process.kill();
        },
      }),
    );
    events.onReady();
  }

  /** The counters are the sign of life: what was counted by a worker that ends badly is lost for a second only. */
  function askForLife(current: Life, answered: () => void): void {
    const request = nextRequest();
    current.questions.set(request, (answer) => {
      if (answer !== undefined) answered();
    });
    current.process.send({ kind: "reportCounters", request });
  }

  function end(current: Life, ending: Ending): void {
    for (const cancel of current.cancels) cancel();
    for (const respond of current.questions.values()) respond(undefined);
    current.questions.clear();
    current.settled.resolve();
    life = undefined;
    events.onDeparted(current.lastCounters, current.name, ending);
    if (state === "stopping") becomeStopped();
    else restartLater(ending);
  }

  function restartLater(ending: Ending): void {
    const delay = restartDelay(deathsInARow);
    deaths += 1;
    deathsInARow += 1;
    state = "waiting";
    cancelRestart = clock.after(delay, run);
    events.onDeath(ending, delay);
  }

  function becomeStopped(): void {
    cancelRestart();
    state = "stopped";
    stopped.resolve();
  }

  function nextRequest(): number {
    lastRequest += 1;
    return lastRequest;
  }

  function answer(current: Life, message: Answer): void {
    current.questions.get(message.request)?.(message);
    current.questions.delete(message.request);
  }

  function ask(
    current: Life,
    message: { kind: "reportCounters" } | { kind: "remove"; selector: PurgeSelector },
  ) {
    const request = nextRequest();
    return new Promise<Answer | undefined>((resolve) => {
      current.questions.set(request, resolve);
      current.process.send({ ...message, request });
    });
  }

  return {
    number: start.workerNumber,
    get state() {
      return state;
    },
    get pid() {
      return life?.process.pid;
    },
    get workerName() {
      return life?.name;
    },
    get deaths() {
      return deaths;
    },
    run,
    async remove(selector) {
      const current = life;
      await current?.settled.promise;
      if (current === undefined || current !== life) return undefined;
      const answered = await ask(current, { kind: "remove", selector });
      if (answered?.kind !== "removed") return undefined;
      if (answered.error !== undefined) throw new Error(`worker ${start.workerNumber}: ${answered.error}`);
      return answered.count;
    },
    async counters() {
      if (life === undefined || state !== "ready") return undefined;
      const answered = await ask(life, { kind: "reportCounters" });
      return answered?.kind === "counters" ? answered.counters : undefined;
    },
    async drain(graceMilliseconds) {
      const wasReady = state === "ready";
      if (state !== "stopped") state = "stopping";
      cancelRestart();
      if (life === undefined) becomeStopped();
      else if (wasReady) {
        const { process, cancels } = life;
        process.send({ kind: "drain", graceMilliseconds });
        cancels.push(clock.after(graceMilliseconds + CLOSING_MILLISECONDS, () => process.kill()));
      } else life.process.kill();
      await stopped.promise;
    },
    async kill() {
      state = state === "stopped" ? "stopped" : "stopping";
      if (life === undefined) becomeStopped();
      else life.process.kill();
      await stopped.promise;
    },
  };
}
