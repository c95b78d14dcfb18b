import { closeSync, fstatSync, openSync, readFileSync, statSync, truncateSync, writeSync } from "node:fs";
import { codeOf } from "../../config/listen-refusal.ts";
import { UsageError } from "../../config/usage-error.ts";
import { CommandError } from "../surroundings.ts";
import type { Variant } from "./variants.ts";

/** A file in which stands what is done, so that another run need not do it again. */
export interface Notes {
  has(url: string, variant: Variant): boolean;
  /** It is with the system when this returns: a kill loses nothing of it. */
  note(url: string, variant: Variant): void;
  close(): void;
}

const firstLine = "# What cacheproxy warm has done; the next run with --resume leaves it out.\n";

/** Opens it, or makes it. Throws a `UsageError` where the file is another's, and a `CommandError` where it cannot be used. */
export function openNotes(path: string): Notes {
  try {
    const done = doneIn(path);
    const file = openSync(path, "a");
    if (fstatSync(file).size === 0) writeSync(file, firstLine);
    return {
      has: (url, variant) => done.has(Bun.hash(lineOf(url, variant))),
      note: (url, variant) => void writeSync(file, `${lineOf(url, variant)}\n`),
      close: () => closeSync(file),
    };
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new CommandError(
      `--resume ${JSON.stringify(path)} cannot be used (${codeOf(error)}); it should be a file that may be written`,
    );
  }
}

/** Hashes of its lines. What a kill has left of the last one is taken off. */
function doneIn(path: string): ReadonlySet<number | bigint> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return new Set();
  // A pipe would be waited for until somebody writes into it.
  if (!found.isFile())
    throw new UsageError(
      `--resume ${JSON.stringify(path)} is no regular file; it should be one of this command, or none yet`,
    );
  const bytes = readFileSync(path);
  const text = bytes.toString();
  if (!firstLine.startsWith(text) && !text.startsWith(firstLine))
    throw new UsageError(
      `--resume ${JSON.stringify(path)} is another file; it should be one of this command, or none yet`,
    );
  // Of a first line that is cut nothing is left; so whatever ends with a line is whole.
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.byteLength) truncateSync(path, end);
  const lines = bytes.toString("utf8", 0, end).split("\n").slice(1);
  return new Set(lines.map((line) => Bun.hash(line)));
}

function lineOf(url: string, { words }: Variant): string {
  return words === "" ? url : `${url}\t${words}`;
}
