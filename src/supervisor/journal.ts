import { createColors } from "picocolors";
import type { Settings } from "../config/schema.ts";
import { visible, visibleJson } from "../control/visible-text.ts";
import type { Clock } from "../system/clock.ts";
import type { LogWriter } from "./log-writer.ts";

/** What the supervisor has to say itself, beside the lines of requests. One line each. */
export interface Journal {
  /** What the operator waits for or asked for. */
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

type Level = "info" | "warn" | "error";

export interface JournalOptions {
  readonly log: Settings["log"];
  readonly clock: Clock;
  readonly colours: boolean;
  readonly stdout: Pick<LogWriter, "write">;
  readonly stderr: Pick<LogWriter, "write">;
}

/**
 * With `--log json` everything is an object on stdout. Else what is in order goes to stdout as it is, and what is not
 * goes to stderr, also with `--log off`.
 */
export function createJournal(options: JournalOptions): Journal {
  const { clock, stdout, stderr } = options;
  const palette = createColors(options.colours);

  function say(level: Level, message: string): void {
    const line = visible(message.replaceAll("\n", " "));
    if (options.log === "json") stdout.write(jsonLine(clock.now(), level, line));
    else if (level === "info") stdout.write(`${line}\n`);
    else stderr.write(`cacheproxy: ${level === "error" ? palette.red(line) : palette.yellow(line)}\n`);
  }

  return {
    info: (message) => say("info", message),
    warn: (message) => say("warn", message),
    error: (message) => say("error", message),
  };
}

/** The line that stands where lines were lost. */
export function droppedLine(log: Settings["log"], clock: Clock, count: number): string {
  const message = `${count} log line${count === 1 ? "" : "s"} dropped`;
  return log === "json" ? jsonLine(clock.now(), "warn", message) : `${message}\n`;
}

function jsonLine(at: number, level: Level, message: string): string {
  return `${visibleJson({ time: new Date(at).toISOString(), level, message })}\n`;
}

/** NO_COLOR and FORCE_COLOR as they are agreed on at no-color.org and force-color.org; else a terminal has colours. */
export function coloursWanted(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const forced = environment["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0";
  return isTerminal && environment["TERM"] !== "dumb";
}
