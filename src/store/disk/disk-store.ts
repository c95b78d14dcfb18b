import type { After } from "../after.ts";
import { createArrivals, selects } from "../arrivals.ts";
import { type Bytes, createBodyCheck, type Damage, type StoredFile } from "./body-check.ts";
import { createCommits } from "./commits.ts";
import { createDiskCopies } from "./copies.ts";
import { createPending } from "./pending.ts";
import { createDiskPieces } from "../pieces/piece-store.ts";
import { createDiskSink } from "./disk-sink.ts";
import { openIndex } from "../../keeper/index.ts";
import type { NewRow, Row, RowBody } from "../../keeper/rows.ts";
import type { IndexRole } from "../../keeper/schema.ts";
import type { Order } from "../order.ts";
import {
  type Found,
  type NewResponse,
  newestFirst,
  type PieceStore,
  type Selector,
  type Store,
  type StoredResponse,
  StoreError,
  storedAs,
  type Trouble,
  type Twin,
  type Writer,
} from "../tier.ts";
import { createWriter, toStoreError } from "../writer.ts";

export interface DiskOptions {
  /** The cache directory; several processes may use it at the same time. */
  readonly directory: string;
  /** A hard bound for what lies on the disk, of all processes that use the directory: see disk/room.ts. */
  readonly maxBytes: number;
  /** Of bodies, likewise; none by default. */
  readonly maxFiles?: number;
  /** See `IndexOptions`. */
  readonly disposalDelay?: number;
  readonly after?: After;
  /** 32 by default; what was never used goes first, see index/variants.ts. */
  readonly maxVariantsPerKey?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly order: Order;
  /** 128 random bits as letters and digits: no two processes may give the same. */
  readonly newId: () => string;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly role: IndexRole;
}

/** A small response: its body came with its row, and was compared with its checksum. */
export interface InRow extends Found {
  readonly checksum: string;
  readonly trusted: true;
  readonly body: { readonly kind: "memory"; readonly bytes: Bytes };
}

export interface InFile extends Found, StoredFile {
  readonly response: StoredResponse;
  readonly body: { readonly kind: "file"; readonly path: string };
}

export type DiskFound = InRow | InFile;

/** `twin` is what another tier that keeps the response as well calls it. */
export type DiskWriter = Writer & { readonly twin: Twin };

export interface DiskStore extends Store {
  readonly pieces: PieceStore;
  find(primaryKey: string, mayLag?: boolean): Promise<readonly DiskFound[]>;
  write(entry: NewResponse, expectedSize?: number): Promise<DiskWriter>;
  /**
   * The whole body in a buffer of its own, its checksum verified; a small one at once. Undefined when it cannot be
   * read or is not what was stored: then it is removed.
   */
  read(found: DiskFound): Bytes | undefined | Promise<Bytes | undefined>;
  /** Whether the body, if it is not trusted, is what its checksum says; if not, it is removed. Never rejects. */
  confirm(found: DiskFound): Promise<boolean>;
  /** The end of a removal that failed: of what it selects, what is no newer than that version. See disk/removal-marks.ts. */
  removeEarlier(selector: Selector, version: number): Promise<number>;
  /** Commits what waits, so that other processes find it. Done by itself within 20 ms or 64 rows. */
  flush(): void;
  totals(): { readonly bytes: number; readonly objects: number };
}

/**
 * Larger bodies are files. Measured by test/bench/store.ts: to make a small file takes far longer than to copy its
 * bytes twice, once into the log of the index and once out of it.
 */
const mostInRow = 16 * 1024;
const useGranularityMilliseconds = 60_000;

/** Responses on the disk, findable by all processes that open the same directory. Throws a `StoreError`. */
export function openDiskStore(options: DiskOptions): DiskStore {
  const { maxBytes, maxVariantsPerKey = 32, now, order, newId, onTrouble } = options;
  const index = openIndex(options);
  const { bodies, room } = index;
  const fills = createArrivals();
  const pending = createPending();
  const commits = createCommits({ index, pending, now, onTrouble });
  let closed = false;

  function foundAs({ response, checksum, body }: Row): DiskFound | undefined {
    if (body?.kind !== "file") return foundInRow(response, body, checksum);
    const file = check.look(response);
    if (file === undefined) return undefined;
    const { modifiedAt } = file;
    const wasRight = body.generation === index.generation && body.modifiedAt === modifiedAt;
    const trusted = wasRight || pending.isVerified(response.id, modifiedAt);
    const path = bodies.path(response.id);
    return { response, checksum, modifiedAt, trusted, body: { kind: "file", path } };
  }

  function foundInRow(
    response: StoredResponse,
    body: InRow["body"] | null,
    checksum: string,
  ): InRow | undefined {
    if (body === null) removeDamaged(response, "MISSING_BODY", "is missing");
    else if (check.isIntact(response, body.bytes, checksum))
      return { response, checksum, trusted: true, body };
    return undefined;
  }

  /** Newest first. Throws what SQLite says. */
  function rowsOf(primaryKey: string, mayLag?: boolean): Row[] {
    if (!primaryKey.isWellFormed()) return [];
    const rows = index.find(primaryKey, mayLag);
    for (const { response } of rows) order.follow(response.version);
    const variants = newestFirst(pending.overlay(rows, primaryKey));
    if (variants.length <= maxVariantsPerKey) return variants;
    // Those that wait for their rows are beyond the bound until then: of them the ones go that will go with the commit.
    const isUsed = ({ response, used }: Row) => used || pending.isUsed(response.id);
    const [newest, ...others] = variants;
    const usedFirst = [...others.filter(isUsed), ...others.filter((row) => !isUsed(row))];
    return newestFirst([newest, ...usedFirst].flatMap((row) => row ?? []).slice(0, maxVariantsPerKey));
  }

  function removeDamaged({ id, primaryKey, variantKey }: StoredResponse, code: Damage, what: string): void {
    onTrouble({ code, message: `the body ${id} ${what}; the response was removed` });
    const waiting = pending.overlay([], primaryKey).some((row) => row.response.id === id);
    if (waiting) commits.abandon(pending.remove({ by: "variant", primaryKey, variantKey }));
    index.deleteRows([id]);
    bodies.dispose([id]);
  }

  const check = createBodyCheck({
    bodies,
    onTrouble,
    onVerified(id, modifiedAt) {
      if (pending.isVerified(id, modifiedAt)) return;
      pending.noteVerified(id, modifiedAt);
      commits.schedule();
    },
    onDamage: removeDamaged,
  });

  // Begins with the time, so that new rows are neighbours in the index of ids: half the cost of a commit.
  const newRowId = () => Math.trunc(now()).toString(36) + newId();

  const pieces = createDiskPieces({
    ...{ index, maxBytes, fills, now, order, onTrouble },
    newId: newRowId,
    onDamage: removeDamaged,
    onUsed: noteUseOf,
  });

  function noteUseOf({ response, lastUsedAt, used }: Pick<Row, "response" | "lastUsedAt" | "used">): void {
    const at = now();
    if (used && at - lastUsedAt < useGranularityMilliseconds) return;
    pending.noteUse(response.id, at);
    commits.schedule();
  }

  /** The file is in its place. */
  function fileOf(id: string): RowBody & { kind: "file" } {
    const modifiedAt = bodies.look(id)?.modifiedAt;
    if (modifiedAt === undefined) throw new StoreError("MISSING_BODY", "the body vanished");
    return { kind: "file", modifiedAt, generation: index.generation };
  }

  function enter(row: NewRow): void {
    const replaced = pending.insert(row);
    if (replaced !== undefined) commits.abandon([replaced]);
    commits.scheduleRow(row);
  }

  function openWriter(entry: NewResponse, expectedSize: number | undefined): DiskWriter {
    const arrival = fills.begin((selector) => selects(selector, entry), entry.askedAt);
    const afterRemoval = index.lastRemoval();
    const id = newRowId();
    const twin: { id: string; version: number | undefined } = { id, version: undefined };
    const sink = createDiskSink({
      id,
      bodies,
      room,
      maxBytes,
      expectedSize,
      onTrouble,
      mostInRow,
      onWhole(size, checksum, bytes) {
        if (closed) throw new StoreError("CLOSED", "the store is closed");
        if (arrival.overtaken) throw new StoreError("OVERTAKEN", "removed while it was on its way");
        const version = order.next();
        twin.version = version;
        const response = storedAs(entry, id, size, version);
        const body = bytes === null ? fileOf(id) : ({ kind: "memory", bytes } as const);
        const row = { response, checksum, body, lastUsedAt: now(), used: false, afterRemoval };
        enter(row);
        if (body.kind === "memory") return { response, body };
        return { response, body: { kind: "file", path: bodies.path(id) } };
      },
      onEnd: () => fills.end(arrival),
    });
    return Object.assign(createWriter(sink, expectedSize), { twin });
  }

  return {
    async find(primaryKey, mayLag) {
      try {
        const rows = rowsOf(primaryKey, mayLag);
        return rows.flatMap((row) => {
          const found = foundAs(row);
          if (found === undefined) return [];
          if (rows.length === 1) noteUseOf(row);
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
        const row = { ...current, response: { ...current.response, fields, policy, version: order.next() } };
        const found = foundAs(row);
        if (found === undefined) return undefined;
        pending.update(row);
        commits.schedule();
        return found;
      } catch (error) {
        throw toStoreError(error, "a response could not be freshened");
      }
    },

    copyAs: createDiskCopies({ index, order, now, newId: newRowId, rowsOf, foundAs, enter }),

    async remove(selector) {
      fills.overtake(selector, order.next());
      commits.flush();
      try {
        // Only when the flush did not succeed is there still something here.
        const waiting = pending.remove(selector);
        commits.abandon(waiting);
        return waiting.length + (await index.remove(selector));
      } catch (error) {
        throw toStoreError(error, "responses could not be removed");
      }
    },

    async removeEarlier(selector, version) {
      try {
        return await index.removeEarlier(selector, version);
      } catch (error) {
        throw toStoreError(error, "responses could not be removed");
      }
    },

    read: (found) => (isInRow(found) ? found.body.bytes : check.read(found)),
    confirm: (found) => (found.trusted ? Promise.resolve(true) : check.confirm(found)),

    noteUse(ids) {
      const at = now();
      for (const id of ids) pending.noteUse(id, at);
      if (ids.length > 0) commits.schedule();
    },

    flush: commits.flush,
    totals: index.totals,
    pieces,

    published: commits.published,

    async close() {
      if (closed) return;
      closed = true;
      await pieces.close();
      commits.close();
      index.close();
    },
  };
}

function isInRow(found: DiskFound): found is InRow {
  return found.body.kind === "memory";
}
