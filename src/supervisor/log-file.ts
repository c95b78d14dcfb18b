import { closeSync, constants, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { codeOf } from "../config/listen-refusal.ts";
import { options } from "../config/options.ts";
import { UsageError } from "../config/usage-error.ts";
import type { WriteAll } from "./log-writer.ts";

/** Lines of requests are nobody's business but the operator's. */
const mode = 0o600;

/** A file that lines are added to. */
export interface LogFile {
  readonly writeAll: WriteAll;
  /** The next lines go into the file that has the name by then: the one that was written to has been moved away. */
  reopen(): void;
  close(): Promise<void>;
}

/** Otherwise a pipe that nobody reads would hold up the start until somebody does. */
const withoutWaiting = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** Throws a `UsageError` where it cannot be written to. */
export function refuseUnwritable(path: string): void {
  try {
    closeSync(openSync(path, withoutWaiting, mode));
  } catch (error) {
    const name = `--${options.logFile.name} ${JSON.stringify(path)}`;
    if (codeOf(error) === "ENXIO")
      throw new UsageError(`${name} is a pipe or socket that nobody reads; it should be a file, or be read`);
    throw new UsageError(
      `${name} cannot be written to (${codeOf(error) ?? error}); it should be a file in a folder that you may write to`,
    );
  }
}

/** `onError` is told why lines are lost, as often as it happens: the code of the system. Who writes counts them. */
export function openLogFile(path: string, onError: (error: string) => void): LogFile {
  let handle: FileHandle | undefined;
  let isMoved = false;
  /** The disk was full, or the like: the last line may have been cut. */
  let mayBeCut = false;

  async function current(): Promise<FileHandle> {
    if (handle === undefined || isMoved) {
      isMoved = false;
      const former = handle;
      handle = undefined;
      await former?.close();
      handle = await open(path, "a", mode);
    }
    if (mayBeCut && (await endsWithinLine(path))) await handle.appendFile("\n");
    mayBeCut = false;
    return handle;
  }

  return {
    async writeAll(text) {
      try {
        await (await current()).appendFile(text);
      } catch (error) {
        isMoved = true;
        mayBeCut = true;
        onError(codeOf(error) ?? String(error));
        // Whatever its code: who reads a pipe may be gone for good, a file may be there again a moment later.
        throw new Error("the log file could not be written to", { cause: error });
      }
    },
    reopen() {
      isMoved = true;
    },
    async close() {
      await handle?.close();
    },
  };
}

/** Otherwise the next line would stand behind the half of another. Of a pipe nobody can tell. */
async function endsWithinLine(path: string): Promise<boolean> {
  const file = Bun.file(path);
  const { size } = await file.stat();
  return size > 0 && (await file.slice(size - 1, size).text()) !== "\n";
}
