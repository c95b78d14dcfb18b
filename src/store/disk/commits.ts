import type { Pending } from "./pending.ts";
import type { Index } from "../../keeper/index.ts";
import { isInFile, type Row } from "../../keeper/rows.ts";
import { isBusy } from "../../keeper/schema.ts";
import { occupied } from "./room.ts";
import type { StoreError, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";

export interface CommitsOptions {
  readonly index: Index;
  readonly pending: Pending;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Grouped commits: what waits becomes findable for other processes within 20 ms or 64 rows. */
export interface Commits {
  /** Something waits. */
  schedule(): void;
  /**
   * A new row waits. The first one after a quiet time is committed at once, for nothing else is there to share the
   * commit with: throws a `StoreError` when that fails; then there is no such row, and its body is the caller's again.
   */
  scheduleRow(row: Row): void;
  /** Commits what waits. When that fails it is told. */
  flush(): void;
  /** Rows that will never be written: their bodies go. */
  abandon(rows: readonly Row[]): void;
  /** Resolves when what waits now has been committed, or dropped. */
  published(): Promise<void>;
  /** The last flush; what cannot be committed then is dropped. */
  close(): void;
}

const delayMilliseconds = 20;
/** Where another process holds the index, each attempt is a wait in which nobody is served. */
const busyMilliseconds = 500;
const rowsAtATime = 64;
/** What may wait while another process holds the index; beyond it, what waits is dropped. */
const mostWaiting = { rows: 4096, bytes: 16 * 1024 * 1024 };

export function createCommits({ index, pending, now, onTrouble }: CommitsOptions): Commits {
  const { bodies, room } = index;
  let timer: Timer | undefined;
  /** Another process held the index too long: the rows wait for the next attempt. */
  let busy = false;
  let closed = false;
  /** Milliseconds since the epoch. */
  let committedAt = Number.NEGATIVE_INFINITY;
  let publication = Promise.withResolvers<void>();

  function schedule(): void {
    if (pending.size >= rowsAtATime && !busy) flush();
    else timer ??= setTimeout(flush, busy ? busyMilliseconds : delayMilliseconds);
  }

  function flush(): void {
    const failure = commit();
    if (failure !== undefined) onTrouble(failure);
  }

  /** Why what waited was dropped, if it was. */
  function commit(): StoreError | undefined {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) {
      // What waited may have been removed since.
      announce();
      return undefined;
    }
    committedAt = now();
    const changes = pending.changes();
    const inFiles = changes.inserts.filter(({ body }) => isInFile(body));
    const bytes = inFiles.reduce((sum, { response }) => sum + occupied(response.size), 0);
    let failure: StoreError | undefined;
    room.enterAsRows(bytes, inFiles.length);
    try {
      index.apply(changes);
      busy = false;
    } catch (error) {
      failure = toStoreError(error, "responses could not be entered in the index");
      busy = isBusy(error) && !isTooMuch() && !closed;
      if (busy) {
        room.takeBack(bytes, inFiles.length);
        onTrouble(failure);
        schedule();
        return undefined;
      }
      bodies.dispose(inFiles.map(({ response }) => response.id));
    }
    pending.clear();
    announce();
    return failure;
  }

  function announce(): void {
    publication.resolve();
    publication = Promise.withResolvers<void>();
  }

  function isTooMuch(): boolean {
    return pending.size >= mostWaiting.rows || pending.bytes >= mostWaiting.bytes;
  }

  return {
    schedule,
    scheduleRow(row) {
      if (now() - committedAt <= delayMilliseconds || busy) return schedule();
      const failure = commit();
      if (failure === undefined) return;
      if (isInFile(row.body)) room.takeBack(occupied(row.response.size), 1);
      throw failure;
    },
    flush,
    abandon(rows) {
      for (const { response, body } of rows) {
        if (!isInFile(body)) continue;
        room.give(occupied(response.size), 1);
        bodies.dispose([response.id]);
      }
    },
    published: () => (pending.size === 0 ? Promise.resolve() : publication.promise),
    close() {
      closed = true;
      flush();
    },
  };
}
