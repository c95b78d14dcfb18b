import { totalmem } from "node:os";
import type { ToWorker } from "../control/messages.ts";
import type { Clock } from "../system/clock.ts";
import { heapGrowthSettings } from "./heap-growth.ts";
import { lookAtProcess, type ProcessLook } from "./process-look.ts";

/** How a process ended: one of the two is there. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface WorkerProcess {
  readonly pid: number;
  /** Says nothing to a process that has ended. */
  send(message: ToWorker): void;
  /** Ends it at once, also while it is stopped. */
  kill(): void;
  /** What it does now; undefined where the system does not tell. */
  look(): ProcessLook | undefined;
}

export interface WorkerEvents {
  onMessage(raw: unknown): void;
  /** Comes once, after the last message. */
  onEnd(ending: Ending): void;
}

/** Throws when the system cannot start another process. */
export type SpawnWorker = (events: WorkerEvents) => WorkerProcess;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The system needs these to find its parts, to trust certificates, to tell the time, and on Windows to run at all. */
const PASSED_ON = ["PATH", "HOME", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"];
const PASSED_ON_WINDOWS = ["SystemRoot", "TEMP", "TMP", "USERPROFILE"];

/** Concurrent fetches of one process; Bun reads it at start only, takes 256 by default and this at the most. */
const MAX_FETCHES = "65336";

/** The whole environment of a worker on a machine with so many bytes of memory. */
export function workerEnvironment(
  environment: Environment,
  machineBytes = totalmem(),
): Record<string, string> {
  return {
    BUN_CONFIG_MAX_HTTP_REQUESTS: MAX_FETCHES,
    ...heapGrowthSettings(machineBytes),
    ...bareEnvironment(environment),
  };
}

/** What a process of this program needs, and nothing of the operator's that could change what it does. */
export function bareEnvironment(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of [...PASSED_ON, ...PASSED_ON_WINDOWS]) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** The same program with other words: the compiled binary itself, or Bun with the script that was started. */
export function ownCommand(...words: string[]): string[] {
  return Bun.isStandaloneExecutable ? [process.execPath, ...words] : [process.execPath, Bun.main, ...words];
}

/** Messages may still be on their way when the process is gone; they have this long. */
const LAST_WORDS_MILLISECONDS = 1000;

/** Starts workers with this command. What one prints by itself goes to stderr: stdout belongs to the log. */
export function workerSpawner(command: string[], environment: Environment, clock: Clock): SpawnWorker {
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
      env: workerEnvironment(environment),
      stdio: ["ignore", 2, 2],
      serialization: "advanced",
      ipc: (raw) => events.onMessage(raw),
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
      send(message) {
        try {
          child.send(message);
        } catch {
          // Bun throws when the process has ended, which onEnd tells.
        }
      },
      kill: () => child.kill("SIGKILL"),
      look: () => lookAtProcess(child.pid),
    };
  };
}
