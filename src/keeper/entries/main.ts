import type { Database } from "bun:sqlite";
import { type ReadAnswer, type ReadRequest, readRequestSchema } from "../../control/entries-request.ts";
import { indexPath } from "../../store/disk/index-format.ts";
import { openToRead } from "../../store/disk/reading-connection.ts";
import { toStoreError } from "../../store/writer.ts";
import { readFindings } from "../findings/findings.ts";
import { readEntries } from "./page.ts";
import { readEntry } from "./whole.ts";

/**
 * Answers what is asked of the index in that cache directory, as JSON both. It is the work of a process of its own: of a
 * million responses it takes seconds, in which no other process has to wait. `now` is milliseconds, and never goes back.
 */
export function answerFromIndex(cacheDirectory: string, asked: string, now: () => number): string {
  return JSON.stringify(answerTo(cacheDirectory, readRequestSchema.parse(JSON.parse(asked)), now));
}

function answerTo(cacheDirectory: string, request: ReadRequest, now: () => number): ReadAnswer {
  try {
    const { database } = openToRead(indexPath(cacheDirectory), () => ({}));
    try {
      return answerOf(database, request, now);
    } finally {
      database.close(true);
    }
  } catch (error) {
    return { kind: "failure", message: toStoreError(error, "the index could not be read").message };
  }
}

function answerOf(
  database: Database,
  request: ReadRequest,
  now: () => number,
): Exclude<ReadAnswer, { kind: "failure" }> {
  switch (request.kind) {
    case "entries":
      return readEntries(database, request);
    case "entry":
      return { kind: "entry", entry: readEntry(database, request) };
    case "findings":
      return readFindings(database, request, now);
  }
}
