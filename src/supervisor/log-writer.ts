import { codeOf } from "../config/listen-refusal.ts";
import { type Clock, within } from "../system/clock.ts";

/** Where lines go. Resolves when every byte was taken, rejects with the system's error. */
export type WriteAll = (text: string) => Promise<void>;

export interface LogWriter {
  /**
   * Takes whole lines, each with its line feed; `lostBefore` lines before them were dropped on the way. Never waits and
   * never throws: what does not fit into the backlog is dropped and counted, and one line tells of it afterwards.
   */
  write(lines: string, lostBefore?: number): void;
  /** Resolves when the backlog is written, or when it took longer than that. */
  flush(milliseconds: number): Promise<void>;
  /** Lines lost since the start. */
  readonly dropped: number;
}

export interface LogWriterOptions {
  readonly clock: Clock;
  readonly writeAll: WriteAll;
  /** The line, with its line feed, that tells of lost lines. */
  readonly tellDropped: (count: number) => string;
  /** UTF-16 units that may wait for a reader that stalls. */
  readonly maxBacklog?: number;
}

const MAX_BACKLOG = 8 * 1024 * 1024;
const MAX_BATCH = 256 * 1024;

/** The only writer of its stream, so that lines of several workers never mix. A reader that went away ends nothing. */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { clock, writeAll, tellDropped } = options;
  const maxBacklog = options.maxBacklog ?? MAX_BACKLOG;
  let waiting: string[] = [];
  let backlog = 0;
  let lost = 0;
  let untold = 0;
  let gone = false;
  let writing: Promise<void> | undefined;

  function lose(count: number): void {
    lost += count;
    untold += count;
  }

  async function writeBacklog(): Promise<void> {
    let failed = false;
    while (waiting.length > 0 || (untold > 0 && !failed && !gone)) {
      const batch = waiting.splice(0, countForBatch(waiting)).join("");
      // Told where the backlog has an end: there the lost lines would have stood.
      const told = waiting.length === 0 ? untold : 0;
      untold -= told;
      failed = !(await attempt(told > 0 ? batch + tellDropped(told) : batch));
      backlog -= batch.length;
      if (!failed) continue;
      untold += told;
      lose(countLines(batch));
      if (gone) giveUp();
    }
  }

  /** Whether it was written. Nobody can be told of an error here, where errors are told; the lines are counted as lost. */
  async function attempt(text: string): Promise<boolean> {
    try {
      await writeAll(text);
      return true;
    } catch (error) {
      gone = readerIsGone(error);
      return false;
    }
  }

  function giveUp(): void {
    lose(countLines(waiting.join("")));
    waiting = [];
    backlog = 0;
  }

  return {
    write(lines, lostBefore = 0) {
      lose(lostBefore);
      if (lines === "") return;
      if (gone || backlog + lines.length > maxBacklog) {
        lose(countLines(lines));
        return;
      }
      backlog += lines.length;
      waiting.push(lines.endsWith("\n") ? lines : `${lines}\n`);
      writing ??= writeBacklog().finally(() => {
        writing = undefined;
      });
    },
    async flush(milliseconds) {
      if (writing !== undefined) await within(clock, milliseconds, writing);
    },
    get dropped() {
      return lost;
    },
  };
}

/** How many of them are written at once: one at least. */
function countForBatch(waiting: readonly string[]): number {
  let size = 0;
  let count = 0;
  while (count < waiting.length && (count === 0 || size < MAX_BATCH)) {
    size += waiting[count]?.length ?? 0;
    count += 1;
  }
  return count;
}

/** Nobody will ever read again: the pipe's other end is closed (`| head -1`), or the terminal hung up. */
function readerIsGone(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EPIPE" || code === "EIO" || code === "EBADF";
}

function countLines(lines: string): number {
  return lines.split("\n").length - 1;
}

/**
 * Writes to stdout or stderr without a thread that blocks: `FileSink` polls a pipe whose reader stalls. After an error
 * (a full disk, …) the sink is opened anew.
 */
export function streamWriter(file: Bun.BunFile): WriteAll {
  let sink: Bun.FileSink | undefined;
  return async (text) => {
    sink ??= file.writer();
    try {
      await sink.write(text);
      await sink.flush();
    } catch (error) {
      sink = undefined;
      throw error;
    }
  };
}
