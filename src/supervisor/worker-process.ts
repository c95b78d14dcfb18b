import { totalmem } from "node:os";
import type { Clock } from "../system/clock.ts";
import { bareEnvironment, type Environment } from "../system/own-program.ts";
import { gatherMessages, messagesIn } from "../control/gathering.ts";
import { heapGrowthSettings } from "./heap-growth.ts";
import { lookAtProcess, type ProcessLook } from "./process-look.ts";

/** How a process ended: one of the two is there. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A process of this program that the supervisor has started, a worker or the keeper, and what is said to it. */
export interface ChildProcess<Said> {
  readonly pid: number;
  /** Says nothing to a process that has ended. */
  send(message: Said): void;
  /** Ends it at once, also while it is stopped. */
  kill(): void;
  /** What it does now; undefined where the system does not tell. */
  look(): ProcessLook | undefined;
}

export interface ChildEvents {
  onMessage(raw: unknown): void;
  /** Comes once, after the last message. */
  onEnd(ending: Ending): void;
}

/** Throws when the system cannot start another process. */
export type SpawnChild<Said> = (events: ChildEvents) => ChildProcess<Said>;

/** Concurrent fetches of one process; Bun reads it at start only, takes 256 by default and this at the most. */
const MAX_FETCHES = "65336";

/**
 * Seconds for which the address of a name is kept; Bun keeps it for 30, and goes on to connect where nobody answers any more. An
 * origin in a container that has moved is found anew by the time it is tried again.
 */
const ADDRESS_SECONDS = "1";

/** The whole environment of a worker or the keeper on a machine with so many bytes of memory. */
export function childEnvironment(
  environment: Environment,
  machineBytes = totalmem(),
): Record<string, string> {
  return {
    BUN_CONFIG_MAX_HTTP_REQUESTS: MAX_FETCHES,
    BUN_CONFIG_DNS_TIME_TO_LIVE_SECONDS: ADDRESS_SECONDS,
    ...heapGrowthSettings(machineBytes),
    ...bareEnvironment(environment),
  };
}

/** Messages may still be on their way when the process is gone; they have this long. */
const LAST_WORDS_MILLISECONDS = 1000;

/** Starts processes with this command. What one prints by itself goes to stderr: stdout belongs to the log. */
export function childSpawner<Said>(
  command: string[],
  environment: Environment,
  clock: Clock,
): SpawnChild<Said> {
  return (events) => {
    let ending: Ending | undefined;
    let disconnected = false;
    let reported = false;

    function report(): void {
      if (ending === undefined || reported) return;
      reported = true;
      events.onEnd(ending);
    }

    const child = Bun.spawn({
      cmd: command,
      env: childEnvironment(environment),
      stdio: ["ignore", 2, 2],
      serialization: "advanced",
      ipc(raw) {
        for (const message of messagesIn(raw)) events.onMessage(message);
      },
      onDisconnect() {
        disconnected = true;
        report();
      },
      onExit(_, exitCode, signal) {
        ending = { exitCode, signal: signal === null ? null : String(signal) };
        if (disconnected) report();
        else clock.after(LAST_WORDS_MILLISECONDS, report);
      },
    });

    return {
      pid: child.pid,
      send: gatherMessages((messages) => {
        try {
          child.send(messages);
        } catch {
          // Bun throws when the process has ended, which onEnd tells.
        }
      }),
      kill: () => child.kill("SIGKILL"),
      look: () => lookAtProcess(child.pid),
    };
  };
}

/** "was ended by SIGKILL": how it ended, for the journal. */
export function describeEnding(ending: Ending): string {
  if (ending.signal === "SIGBUS")
    return "was ended by SIGBUS, as when somebody cuts a file of the index short";
  if (ending.signal !== null) return `was ended by ${ending.signal}`;
  if (ending.exitCode !== null) return `ended with code ${ending.exitCode}`;
  return "could not be started";
}
