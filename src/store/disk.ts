import { setImmediate as nextTurn } from "node:timers/promises";
import { createArrivals, selects } from "./arrivals.ts";
import { type Bytes, createBodyCheck, type Damage, type StoredFile } from "./body-check.ts";
import { createPending } from "./disk-pending.ts";
import { createDiskPieces } from "./disk-pieces.ts";
import { createDiskSink } from "./disk-writer.ts";
import { openIndex } from "./index.ts";
import type { NewRow, Row } from "./index-rows.ts";
import { type IndexRole, isBusy } from "./index-schema.ts";
import { occupied } from "./room.ts";
import {
  type Found,
  type NewResponse,
  type PieceStore,
  type Store,
  type StoredResponse,
  StoreError,
  type Trouble,
  type Writer,
} from "./store.ts";
import { createWriter, toStoreError } from "./writer.ts";

export interface DiskOptions {
  /** The cache directory; several processes may use it at the same time. */
  readonly directory: string;
  /** A hard bound for what lies on the disk, of all processes that use the directory: see room.ts. */
  readonly maxBytes: number;
  /** Of bodies, likewise; none by default. */
  readonly maxFiles?: number;
  /** See `IndexOptions`. */
  readonly disposalDelay?: number;
  /** 32 by default; the oldest goes. */
  readonly maxVariantsPerKey?: number;
  readonly now: () => number;
  /** 128 random bits as letters and digits: no two processes may give the same. */
  readonly newId: () => string;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly role: IndexRole;
}

export interface DiskFound extends Found, StoredFile {
  readonly response: StoredResponse;
  readonly body: { readonly kind: "file"; readonly path: string };
}

/** `id` is that of the response it will be. */
export type DiskWriter = Writer & { readonly id: string };

export interface DiskStore extends Store {
  readonly pieces: PieceStore;
  find(primaryKey: string): Promise<readonly DiskFound[]>;
  write(entry: NewResponse, expectedSize?: number): Promise<DiskWriter>;
  /**
   * The whole body in a buffer of its own, its checksum verified; a small one at once. Undefined when it cannot be
   * read or is not what was stored: then it is removed.
   */
  read(found: DiskFound): Bytes | undefined | Promise<Bytes | undefined>;
  /** Whether the body, if it is not trusted, is what its checksum says; if not, it is removed. Never rejects. */
  confirm(found: DiskFound): Promise<boolean>;
  /** For responses served from a tier before this one. */
  noteUse(ids: readonly string[]): void;
  /** Commits what waits, so that other processes find it. Done by itself within 20 ms or 64 rows. */
  flush(): void;
  totals(): { readonly bytes: number; readonly objects: number };
}

const flushDelayMilliseconds = 20;
const flushRows = 64;
/** Rows that may wait while another process holds the index; beyond them responses are dropped. */
const mostPendingRows = 4096;
const useGranularityMilliseconds = 60_000;
const removedAtATime = 256;

/** Responses in files, findable by all processes that open the same directory. Throws a `StoreError`. */
export function openDiskStore(options: DiskOptions): DiskStore {
  const { maxBytes, maxVariantsPerKey = 32, now, newId, onTrouble } = options;
  const index = openIndex(options);
  const { bodies, room } = index;
  const fills = createArrivals();
  const pending = createPending();
  let timer: Timer | undefined;
  /** Another process held the index too long: the rows wait for the next attempt. */
  let busy = false;
  let closed = false;
  /** Milliseconds since the epoch. */
  let flushedAt = Number.NEGATIVE_INFINITY;
  /** Resolved when what waits now has been committed, or dropped. */
  let publication = Promise.withResolvers<void>();

  function scheduleFlush(): void {
    if (pending.size >= flushRows && !busy) flush();
    else timer ??= setTimeout(flush, flushDelayMilliseconds);
  }

  /** The first row after a quiet time is committed at once: nothing else is there to share the commit with. */
  function commitSoon(): void {
    if (now() - flushedAt > flushDelayMilliseconds && !busy) flush();
    else scheduleFlush();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) return;
    flushedAt = now();
    const changes = pending.changes();
    const bytes = changes.inserts.reduce((sum, { response }) => sum + occupied(response.size), 0);
    room.enterAsRows(bytes, changes.inserts.length);
    try {
      index.apply(changes);
      busy = false;
    } catch (error) {
      onTrouble(toStoreError(error, "responses could not be entered in the index"));
      busy = isBusy(error) && pending.size < mostPendingRows && !closed;
      if (busy) {
        room.takeBack(bytes, changes.inserts.length);
        scheduleFlush();
        return;
      }
      bodies.dispose(changes.inserts.map(({ response }) => response.id));
    }
    pending.clear();
    publication.resolve();
    publication = Promise.withResolvers<void>();
  }

  function foundAs(row: Row): DiskFound | undefined {
    const { response, checksum } = row;
    const file = check.look(row);
    if (file === undefined) return undefined;
    const { modifiedAt } = file;
    const wasRight = row.generation === index.generation && row.modifiedAt === modifiedAt;
    const trusted = wasRight || pending.isVerified(response.id, modifiedAt);
    return {
      response,
      checksum,
      modifiedAt,
      trusted,
      body: { kind: "file", path: bodies.path(response.id) },
    };
  }

  /** Newest first. Throws what SQLite says. */
  function rowsOf(primaryKey: string): Row[] {
    if (!primaryKey.isWellFormed()) return [];
    return pending
      .overlay(index.find(primaryKey), primaryKey)
      .sort((one, other) => other.response.storedAt - one.response.storedAt)
      .slice(0, maxVariantsPerKey);
  }

  /** Bodies whose rows will never be written. */
  function abandon(rows: readonly Row[]): void {
    for (const { response } of rows) {
      room.give(occupied(response.size), 1);
      bodies.dispose([response.id]);
    }
  }

  function removeDamaged({ id, primaryKey, variantKey }: StoredResponse, code: Damage, what: string): void {
    onTrouble({ code, message: `the body ${id} ${what}; the response was removed` });
    const waiting = pending.overlay([], primaryKey).some((row) => row.response.id === id);
    if (waiting) abandon(pending.remove({ by: "variant", primaryKey, variantKey }));
    index.deleteRows([id]);
    bodies.dispose([id]);
  }

  const check = createBodyCheck({
    bodies,
    onTrouble,
    onVerified(id, modifiedAt) {
      if (pending.isVerified(id, modifiedAt)) return;
      pending.noteVerified(id, modifiedAt);
      scheduleFlush();
    },
    onDamage: removeDamaged,
  });

  // Begins with the time, so that new rows are neighbours in the index of ids: half the cost of a commit.
  const newRowId = () => Math.trunc(now()).toString(36) + newId();

  const pieces = createDiskPieces({
    ...{ index, maxBytes, fills, now, onTrouble },
    newId: newRowId,
    onDamage: removeDamaged,
    onUsed: noteUseOf,
  });

  function noteUseOf({ response, lastUsedAt, used }: Pick<Row, "response" | "lastUsedAt" | "used">): void {
    const at = now();
    if (used && at - lastUsedAt < useGranularityMilliseconds) return;
    pending.noteUse(response.id, at);
    scheduleFlush();
  }

  function openWriter(entry: NewResponse, expectedSize: number | undefined): DiskWriter {
    const arrival = fills.begin((selector) => selects(selector, entry));
    const afterRemoval = index.lastRemoval();
    const id = newRowId();
    const sink = createDiskSink({
      id,
      bodies,
      room,
      maxBytes,
      expectedSize,
      onTrouble,
      onPlaced(size, checksum) {
        if (closed) throw new StoreError("CLOSED", "the store is closed");
        if (arrival.overtaken) throw new StoreError("OVERTAKEN", "removed while it was on its way");
        const modifiedAt = bodies.look(id)?.modifiedAt;
        if (modifiedAt === undefined) throw new StoreError("MISSING_BODY", "the body vanished");
        const at = now();
        const row: NewRow = {
          response: { ...entry, id, size, storedAt: at },
          afterRemoval,
          ...{ checksum, modifiedAt, generation: index.generation, lastUsedAt: at, used: false },
        };
        const replaced = pending.insert(row);
        if (replaced !== undefined) abandon([replaced]);
        commitSoon();
        const path = bodies.path(id);
        return { response: row.response, checksum, modifiedAt, trusted: true, body: { kind: "file", path } };
      },
      onEnd: () => fills.end(arrival),
    });
    return { ...createWriter(sink, expectedSize), id };
  }

  return {
    async find(primaryKey) {
      try {
        return rowsOf(primaryKey).flatMap((row) => {
          const found = foundAs(row);
          if (found === undefined) return [];
          noteUseOf(row);
          return [found];
        });
      } catch (error) {
        onTrouble(toStoreError(error, "the disk cache could not be read"));
        return [];
      }
    },

    async write(entry, expectedSize) {
      if (closed) throw new StoreError("CLOSED", "the store is closed");
      if (!entry.primaryKey.isWellFormed() || !entry.variantKey.isWellFormed()) {
        throw new StoreError("BAD_KEY", "a key with a lone surrogate cannot be kept in the index");
      }
      if ((expectedSize ?? 0) > maxBytes) {
        throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
      }
      return openWriter(entry, expectedSize);
    },

    async freshen(previous, fields, policy) {
      try {
        const current = rowsOf(previous.primaryKey).find(({ response }) => response.id === previous.id);
        if (current === undefined) return undefined;
        const row = { ...current, response: { ...current.response, fields, policy, storedAt: now() } };
        const found = foundAs(row);
        if (found === undefined) return undefined;
        pending.update(row);
        scheduleFlush();
        return found;
      } catch (error) {
        throw toStoreError(error, "a response could not be freshened");
      }
    },

    async remove(selector) {
      fills.overtake(selector);
      flush();
      try {
        // Only when the flush did not succeed is there still something here.
        const waiting = pending.remove(selector);
        abandon(waiting);
        const upToSeq = index.beginRemoval(selector);
        for (let removed = waiting.length; ; await nextTurn()) {
          const count = index.removeSelected(selector, upToSeq, removedAtATime);
          removed += count;
          if (count < removedAtATime) return removed;
        }
      } catch (error) {
        throw toStoreError(error, "responses could not be removed");
      }
    },

    read: check.read,
    confirm: (found) => (found.trusted ? Promise.resolve(true) : check.confirm(found)),

    noteUse(ids) {
      const at = now();
      for (const id of ids) pending.noteUse(id, at);
      if (ids.length > 0) scheduleFlush();
    },

    flush,
    totals: index.totals,
    pieces,

    published: () => (pending.size === 0 ? Promise.resolve() : publication.promise),

    async close() {
      if (closed) return;
      closed = true;
      await pieces.close();
      flush();
      index.close();
    },
  };
}
