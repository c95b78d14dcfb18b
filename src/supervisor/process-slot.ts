import type { z } from "zod";
import { misfit } from "../control/misfit.ts";
import { RECOVERED_MILLISECONDS, restartDelay } from "./back-off.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import { feelPulse } from "./pulse.ts";
import type { ChildProcess, Ending, SpawnChild } from "./worker-process.ts";

/** waiting: between a death, or a pause, and the next start. stopping: is told to end or was killed for good. */
export type SlotState = "starting" | "ready" | "waiting" | "stopping" | "stopped";

export interface ProcessSlotOptions<Said, Heard> {
  readonly spawn: SpawnChild<Said>;
  readonly clock: Clock;
  /** What the process may say. */
  readonly schema: z.ZodType<Heard>;
  /** The question that a process which lives answers at once. */
  readonly askForLife: (request: number) => Said;
  /** `say` goes to the life that has said this, and to nobody when it has ended meanwhile. */
  readonly hear: (message: Heard, say: (message: Said) => void) => void;
  readonly onReady: () => void;
  /** A life has ended, however it was. */
  readonly onEnd: (ending: Ending) => void;
  /** It ended by itself and is started again after the delay. */
  readonly onDeath: (ending: Ending, delayMilliseconds: number) => void;
  readonly onTrouble: (code: string, message: string) => void;
}

/** A place for one process, in which it is kept alive until it is told to end. */
export interface ProcessSlot<Said, Heard> {
  readonly state: SlotState;
  readonly pid: number | undefined;
  /** How often a process of this place died by itself. */
  readonly deaths: number;
  /** It has let a second pass without a sign of life. */
  readonly isSilent: boolean;
  /** Nothing runs here and nothing is about to, but `run` may be called. */
  readonly isIdle: boolean;
  run(): void;
  /** The process has said that it is ready. */
  becomeReady(): void;
  /** Says it to the process, where there is one. */
  tell(message: Said): void;
  /** Undefined when there is no process, or when it ends before it answers. */
  ask(question: (request: number) => Said): Promise<Heard | undefined>;
  /** The process has said this to the question of that number. */
  answer(request: number, answer: Heard): void;
  /** Ends the process at once and starts none until `run` is called. */
  pause(): void;
  /** Ends the process at once, for this reason: another one is started, as when it had died by itself. */
  replace(why: string): void;
  /** Tells the process to end, and starts another one when it has; it is killed after so long. */
  renew(order: Said, milliseconds: number): void;
  /** Tells the process to end, for good: it is killed after so long, or at once if it is not ready. */
  end(order: Said, milliseconds: number): Promise<void>;
  /** Ends it at once, for good. */
  kill(): Promise<void>;
}

/** A process has this long from its start until it is ready. */
const START_MILLISECONDS = 30_000;

/** One life of a process. */
interface Life<Said, Heard> {
  readonly process: ChildProcess<Said>;
  readonly questions: Map<number, (answer: Heard | undefined) => void>;
  readonly cancels: Cancel[];
  /** It was asked for a sign of life and has given none yet. */
  isAwaited: boolean;
  isSilent: boolean;
}

/** Longer than a screen: in which state the place is, and which life it has, decides every call and is changed by most. */
export function createProcessSlot<Said, Heard>(
  options: ProcessSlotOptions<Said, Heard>,
): ProcessSlot<Said, Heard> {
  const { clock, onTrouble } = options;
  let state: SlotState = "waiting";
  let isPaused = true;
  let isRenewed = false;
  let life: Life<Said, Heard> | undefined;
  let deaths = 0;
  let deathsInARow = 0;
  let lastRequest = 0;
  let cancelRestart: Cancel = () => undefined;
  const stopped = Promise.withResolvers<void>();

  function run(): void {
    state = "starting";
    isPaused = false;
    try {
      begin();
    } catch (error) {
      onTrouble("SPAWN", error instanceof Error ? error.message : String(error));
      restartLater({ exitCode: null, signal: null });
    }
  }

  function begin(): void {
    const current: Life<Said, Heard> = {
      process: options.spawn({
        onMessage: (raw) => hear(current, raw),
        onEnd: (ending) => end(current, ending),
      }),
      questions: new Map(),
      cancels: [],
      isAwaited: false,
      isSilent: false,
    };
    life = current;
    current.cancels.push(
      clock.after(START_MILLISECONDS, () => {
        if (state !== "starting") return;
        onTrouble("START_TIMEOUT", `not ready after ${START_MILLISECONDS / 1000} s`);
        current.process.kill();
      }),
    );
  }

  function hear(current: Life<Said, Heard>, raw: unknown): void {
    // What comes after its end was told is of a life that is over.
    if (current !== life) return;
    const parsed = options.schema.safeParse(raw);
    if (parsed.success) options.hear(parsed.data, current.process.send);
    else onTrouble("CONTROL_MESSAGE", `said what the supervisor does not know: ${misfit(parsed.error, raw)}`);
  }

  function becomeReady(): void {
    if (state !== "starting" || life === undefined) return;
    const current = life;
    state = "ready";
    current.cancels.push(
      clock.after(RECOVERED_MILLISECONDS, () => {
        deathsInARow = 0;
      }),
      feelPulse({
        clock,
        look: current.process.look,
        ask: (answered) => askForLife(current, answered),
        onLost(finding) {
          onTrouble("UNRESPONSIVE", `${finding}; it is ended`);
          current.process.kill();
        },
      }),
    );
    options.onReady();
  }

  function askForLife(current: Life<Said, Heard>, answered: () => void): void {
    current.isSilent = current.isAwaited;
    current.isAwaited = true;
    const request = nextRequest();
    current.questions.set(request, (answer) => {
      if (answer === undefined) return;
      current.isAwaited = false;
      current.isSilent = false;
      answered();
    });
    current.process.send(options.askForLife(request));
  }

  function end(current: Life<Said, Heard>, ending: Ending): void {
    for (const cancel of current.cancels) cancel();
    for (const respond of current.questions.values()) respond(undefined);
    current.questions.clear();
    life = undefined;
    options.onEnd(ending);
    const wasRenewed = isRenewed;
    isRenewed = false;
    if (state === "stopping") becomeStopped();
    else if (wasRenewed && !isPaused) run();
    else if (!isPaused) restartLater(ending);
  }

  function restartLater(ending: Ending): void {
    const delay = restartDelay(deathsInARow);
    deaths += 1;
    deathsInARow += 1;
    state = "waiting";
    cancelRestart = clock.after(delay, run);
    options.onDeath(ending, delay);
  }

  function becomeStopped(): void {
    state = "stopped";
    stopped.resolve();
  }

  function nextRequest(): number {
    lastRequest += 1;
    return lastRequest;
  }

  /** Nothing is started from here on. */
  function close(): void {
    cancelRestart();
    if (state !== "stopped") state = "stopping";
    if (life === undefined) becomeStopped();
  }

  return {
    get state() {
      return state;
    },
    get pid() {
      return life?.process.pid;
    },
    get deaths() {
      return deaths;
    },
    get isSilent() {
      return life?.isSilent === true;
    },
    get isIdle() {
      return isPaused && life === undefined && state === "waiting";
    },
    run,
    becomeReady,
    tell: (message) => life?.process.send(message),
    async ask(question) {
      if (life === undefined) return undefined;
      const { process, questions } = life;
      const request = nextRequest();
      const { promise, resolve } = Promise.withResolvers<Heard | undefined>();
      questions.set(request, resolve);
      process.send(question(request));
      return await promise;
    },
    answer(request, answer) {
      life?.questions.get(request)?.(answer);
      life?.questions.delete(request);
    },
    pause() {
      if (state === "stopping" || state === "stopped") return;
      isPaused = true;
      cancelRestart();
      state = "waiting";
      life?.process.kill();
    },
    replace(why) {
      if (life === undefined || state === "stopping") return;
      onTrouble("UNRESPONSIVE", why);
      life.process.kill();
    },
    renew(order, milliseconds) {
      if (life === undefined || state === "stopping") return;
      const { process, cancels } = life;
      const wasReady = state === "ready";
      // It is not ready any more: who asks for something is told so, and does not wait.
      state = "waiting";
      isRenewed = true;
      if (!wasReady) return process.kill();
      process.send(order);
      cancels.push(
        clock.after(milliseconds, () => {
          // It leaves behind what one does that dies.
          isRenewed = false;
          process.kill();
        }),
      );
    },
    async end(order, milliseconds) {
      const wasReady = state === "ready";
      close();
      if (wasReady && life !== undefined) {
        const { process, cancels } = life;
        process.send(order);
        cancels.push(clock.after(milliseconds, process.kill));
      } else life?.process.kill();
      await stopped.promise;
    },
    async kill() {
      close();
      life?.process.kill();
      await stopped.promise;
    },
  };
}
