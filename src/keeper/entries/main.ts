import { type ReadAnswer, type ReadRequest, readRequestSchema } from "../../control/entries-request.ts";
import { indexPath } from "../../store/disk/index-format.ts";
import { openToRead } from "../../store/disk/reading-connection.ts";
import { toStoreError } from "../../store/writer.ts";
import { readEntries } from "./page.ts";
import { readEntry } from "./whole.ts";

/**
 * Answers what is asked of the index in that cache directory, as JSON both. It is the work of a process of its own: of a
 * million responses it takes seconds, in which no other process has to wait.
 */
export function answerFromIndex(cacheDirectory: string, asked: string): string {
  return JSON.stringify(answerTo(cacheDirectory, readRequestSchema.parse(JSON.parse(asked))));
}

function answerTo(cacheDirectory: string, request: ReadRequest): ReadAnswer {
  try {
    const { database } = openToRead(indexPath(cacheDirectory), () => ({}));
    try {
      return request.kind === "entries"
        ? readEntries(database, request)
        : { kind: "entry", entry: readEntry(database, request) };
    } finally {
      database.close(true);
    }
  } catch (error) {
    return { kind: "failure", message: toStoreError(error, "the index could not be read").message };
  }
}
