import type { FromWorker } from "../control/messages.ts";

const BATCH_MILLISECONDS = 20;
const BATCH_CHARACTERS = 64 * 1024;
/** Beyond so many that the other side has not read, lines of the log are dropped and counted. */
const WAITING_CHARACTERS = 4 * 1024 * 1024;

/** What a worker has to say to the supervisor; nothing of it goes anywhere once the line is closed. */
export interface Outbox {
  say(message: FromWorker): void;
  /** Resolves when the other side has the message, and the lines of the log before it, or is gone. */
  deliver(message: FromWorker): Promise<void>;
  log(lines: string): void;
}

/** `send` calls back when the other side has the message, or with the error that kept it from getting there. */
export function createOutbox(
  send: (message: FromWorker, sent: (error: Error | null) => void) => void,
  isClosed: () => boolean,
): Outbox {
  let batch = "";
  let waitingCharacters = 0;
  let dropped = 0;
  let flushTimer: ReturnType<typeof setTimeout> | undefined;

  function post(message: FromWorker, sent: () => void): void {
    if (isClosed()) sent();
    // An error here means that the channel closed meanwhile, which onClosed tells.
    else send(message, () => sent());
  }

  function flush(): void {
    clearTimeout(flushTimer);
    flushTimer = undefined;
    if (batch === "" && dropped === 0) return;
    const lines = batch;
    const lost = dropped;
    batch = "";
    dropped = 0;
    post({ kind: "log", lines, dropped: lost }, () => {
      waitingCharacters -= lines.length;
    });
  }

  return {
    say: (message) => post(message, () => undefined),
    deliver(message) {
      flush();
      return new Promise((resolve) => post(message, resolve));
    },
    log(lines) {
      if (waitingCharacters + lines.length > WAITING_CHARACTERS) {
        dropped += countLines(lines);
        return;
      }
      waitingCharacters += lines.length;
      batch += lines;
      if (batch.length >= BATCH_CHARACTERS) flush();
      else flushTimer ??= setTimeout(flush, BATCH_MILLISECONDS);
    },
  };
}

function countLines(lines: string): number {
  return lines.split("\n").length - 1;
}
