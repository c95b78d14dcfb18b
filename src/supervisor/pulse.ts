import type { Cancel, Clock } from "../system/clock.ts";
import type { ProcessLook } from "./process-look.ts";

export interface PulseOptions {
  readonly clock: Clock;
  /** Asks the process for a sign of life, which calls back. */
  readonly ask: (answered: () => void) => void;
  readonly look: () => ProcessLook | undefined;
  /** Comes once: what the process was found to do instead of answering. */
  readonly onLost: (finding: string) => void;
}

export const BEAT_MILLISECONDS = 1_000;
/** Beats that came this late tell of the supervisor, not of the one it asks: it was stopped, or the machine slept. */
const LATE_MILLISECONDS = 2.5 * BEAT_MILLISECONDS;

/**
 * Asks a process every second whether it lives, and says when it does not. Connections that the system gives to a worker
 * that hangs wait in vain, so it is noticed within seconds where the system can tell why it is silent.
 */
export function feelPulse({ clock, ask, look, onLost }: PulseOptions): Cancel {
  let silentBeats = 0;
  let isWaiting = false;
  let lastBeatAt = clock.steady();
  let atFirst: ProcessLook | undefined;

  function answered(): void {
    isWaiting = false;
    silentBeats = 0;
  }

  function beat(): void {
    const at = clock.steady();
    // Its answer may lie unread in the socket: the process must not be judged before that was read.
    const stoodStill = at - lastBeatAt > LATE_MILLISECONDS;
    lastBeatAt = at;
    if (stoodStill) answered();
    if (isWaiting) {
      silentBeats += 1;
      const now = look();
      if (silentBeats === 1) atFirst = now;
      const finding = judgeSilence(silentBeats, atFirst, now);
      if (finding !== undefined) {
        stop();
        onLost(finding);
        return;
      }
    }
    isWaiting = true;
    ask(answered);
  }

  const stop = clock.every(BEAT_MILLISECONDS, beat);
  return stop;
}

/** The system says that it is stopped: no need to wait for more. */
const STOPPED_BEATS = 3;
/** So much processor time without an answer is no collection of garbage; what the machine did not give does not count. */
const SPINNING_SECONDS = 3;
/** A slow disk may hold a process up for long, and another one would not be faster. */
const SILENT_BEATS = 30;

/**
 * What is wrong with a process that was silent for so many beats; undefined when it may yet answer. `atFirst` was seen at
 * the first of them, `now` at the last.
 */
export function judgeSilence(
  beats: number,
  atFirst: ProcessLook | undefined,
  now: ProcessLook | undefined,
): string | undefined {
  const silence = `no answer for ${(beats * BEAT_MILLISECONDS) / 1000} s`;
  if (now?.state === "T" && beats >= STOPPED_BEATS)
    return `${silence}: it is stopped, by SIGSTOP or the like`;
  const used = (now?.processorSeconds ?? 0) - (atFirst?.processorSeconds ?? 0);
  if (atFirst !== undefined && used >= SPINNING_SECONDS) {
    return `${silence}: it runs in a loop that does not end, and used ${used.toFixed(1)} s of processor time meanwhile`;
  }
  if (beats < SILENT_BEATS) return undefined;
  return now === undefined ? silence : `${silence}: it ${doing[now.state] ?? `is in the state ${now.state}`}`;
}

const doing: Readonly<Record<string, string>> = {
  R: "runs, and gets next to no processor time",
  S: "waits for something",
  D: "waits for a device, such as a disk",
  T: "is stopped",
  t: "is stopped by a debugger",
};
