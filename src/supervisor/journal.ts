import { createColors } from "picocolors";
import type { Settings } from "../config/schema.ts";
import { visible, visibleJson } from "../control/visible-text.ts";
import type { Clock } from "../system/clock.ts";
import type { LogWriter } from "./log-writer.ts";

/** What the supervisor has to say itself, beside the lines of requests. One line each. */
export interface Journal {
  /** What the operator waits for: the proxy serves. */
  ready(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

type Level = Settings["logLevel"];

export interface JournalOptions extends Pick<Settings, "log" | "logLevel"> {
  readonly clock: Clock;
  readonly colours: boolean;
  readonly stdout: Pick<LogWriter, "write">;
  readonly stderr: Pick<LogWriter, "write">;
}

const gravity: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2 };

/**
 * All goes to stderr, apart from the log of requests, from `logLevel` on; with `--log json` each as an object. That the proxy
 * serves is said on stdout, which people and scripts wait for, unless programs read there the log of requests.
 */
export function createJournal(options: JournalOptions): Journal {
  const { clock, stdout, stderr } = options;
  const palette = createColors(options.colours);

  function say(level: Level, message: string): void {
    if (gravity[level] > gravity[options.logLevel]) return;
    const line = visible(message.replaceAll("\n", " "));
    if (options.log === "json") stderr.write(jsonLine(clock.now(), level, line));
    else stderr.write(`cacheproxy: ${painted(level, line)}\n`);
  }

  function painted(level: Level, line: string): string {
    if (level === "info") return line;
    return level === "error" ? palette.red(`error: ${line}`) : palette.yellow(`warning: ${line}`);
  }

  return {
    ready(message) {
      if (options.log === "pretty" || options.log === "off") stdout.write(`${message}\n`);
      else say("info", message);
    },
    info: (message) => say("info", message),
    warn: (message) => say("warn", message),
    error: (message) => say("error", message),
  };
}

/** The line that stands where lines were lost; none where it would be taken for a request. */
export function droppedLine(log: Settings["log"], clock: Clock, count: number): string {
  if (log === "combined" || log === "common") return "";
  const message = `${count} log line${count === 1 ? "" : "s"} dropped`;
  return log === "json" ? jsonLine(clock.now(), "warn", message) : `${message}\n`;
}

function jsonLine(at: number, level: Level, message: string): string {
  return `${visibleJson({ time: new Date(at).toISOString(), level, message })}\n`;
}
