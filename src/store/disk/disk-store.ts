import { type After, systemAfter } from "../after.ts";
import type { Order } from "../order.ts";
import { createPieceStore } from "../pieces/piece-store.ts";
import type { Removals } from "../removals.ts";
import type { Found, NewResponse, PieceStore, StoredResponse, Tier, Trouble, Twin, Writer } from "../tier.ts";
import { createWriter, toStoreError } from "../writer.ts";
import { type Bytes, createBodyCheck, type Damage } from "./body-check.ts";
import { openBodyFiles } from "./body-files.ts";
import { checksumOf } from "./checksum.ts";
import { createDiskCopies } from "./disk-copies.ts";
import { type DiskFound, type InRow, isInRow } from "./disk-found.ts";
import { createDiskSink } from "./disk-sink.ts";
import { createEntrance } from "./entrance.ts";
import { createHandover } from "./handover.ts";
import { createHeardRemovals } from "./heard-removals.ts";
import { openIndexReader } from "./index-reader.ts";
import type { Keeper } from "./keeper.ts";
import { createOutbox } from "./outbox.ts";
import { createDiskRemoval, type DiskRemoval } from "./disk-removal.ts";
import { createRoom, grainFor } from "./room.ts";
import type { PartialRow, Row } from "./row.ts";

export interface DiskOptions {
  /** The cache directory. */
  readonly directory: string;
  readonly keeper: Keeper;
  /** A hard bound for what lies on the disk, of all processes that use the directory; the keeper sees to it. */
  readonly maxBytes: number;
  /** Of bodies in files, likewise; none by default. */
  readonly maxFiles?: number;
  /** Milliseconds a body stays when its row is gone: somebody may be about to open it. 250 by default. */
  readonly disposalDelay?: number;
  readonly after?: After;
  /** 32 by default; what was never used goes first, see keeper/variants.ts. */
  readonly maxVariantsPerKey?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly order: Order;
  /** What was removed, as this process knows it. */
  readonly removals: Removals;
  /** 128 random bits as letters and digits: no two processes may give the same. */
  readonly newId: () => string;
  /** The keeper has refused what another process had removed before. It must not be served from elsewhere either. */
  readonly onOvertaken?: (responses: readonly StoredResponse[]) => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** `twin` is what another tier that keeps the response as well calls it. */
export type DiskWriter = Writer & { readonly twin: Twin };

export interface DiskStore extends Tier, Omit<DiskRemoval, "remove"> {
  readonly pieces: PieceStore;
  find(primaryKey: string): Promise<readonly DiskFound[]>;
  write(entry: NewResponse, expectedSize?: number): Promise<DiskWriter>;
  put(entry: NewResponse, body: Bytes): Found;
  /**
   * The whole body in a buffer of its own, its checksum verified; a small one at once. Undefined when it cannot be
   * read or is not what was stored: then it is removed.
   */
  read(found: DiskFound): Bytes | undefined | Promise<Bytes | undefined>;
  /** Whether the body, if it is not trusted, is what its checksum says; if not, it is removed. Never rejects. */
  confirm(found: DiskFound): Promise<boolean>;
  /** The number of the last removal that was heard of. */
  lastRemoval(): number;
  /** See `Handover`. */
  takeArriving(): Promise<void> | undefined;
  /** Hands over what waits, so that other processes find it. Done by itself within some twenty milliseconds. */
  flush(): void;
  totals(): { readonly bytes: number; readonly objects: number };
  /** Whether the index that it reads is still the one at its path. */
  isCurrent(): boolean;
}

const useGranularityMilliseconds = 60_000;

/** Responses on the disk: read here, written by the keeper. Throws a `StoreError` when there is no index to read. */
export function openDiskStore(options: DiskOptions): DiskStore {
  const { maxBytes, maxFiles = Number.POSITIVE_INFINITY, maxVariantsPerKey = 32 } = options;
  const { directory, keeper, now, order, removals, newId, onTrouble, onOvertaken } = options;
  const { disposalDelay = 250, after = systemAfter } = options;
  const index = openIndexReader({ directory, now, onTrouble, onUnreadable: removeUnreadable });
  const bodies = openBodyFiles({ directory, disposalDelay, after, onTrouble });
  const outbox = createOutbox();
  const heard = createHeardRemovals(order);
  const room = createRoom(keeper, grainFor(maxBytes, maxFiles));
  let generation = 0;
  let closed = false;
  readState();

  // Before what waits is handed over: the room of its bodies is held by then.
  const ignoreKeeper = keeper.onThere(() => {
    keeper.hold(room.granted);
    try {
      readState();
    } catch (error) {
      onTrouble(toStoreError(error, "the disk cache could not be read"));
    }
  });
  const handover = createHandover({
    ...{ outbox, keeper, now, after, room, onCommitted, onTrouble },
    onRefused: (responses) => bodies.dispose(responses.map(({ id }) => id)),
  });

  /** What is asked for from now on comes after the removals that were carried out by now. */
  function readState(): void {
    generation = index.generation();
    heard.hear(index.lastRemoval());
  }

  function onCommitted(removal: number, overtaken: readonly StoredResponse[]): void {
    heard.hear(removal);
    if (overtaken.length > 0) onOvertaken?.(overtaken);
  }

  function foundAs({ response, checksum, body }: Row): DiskFound | undefined {
    if (body?.kind !== "file") return foundInRow(response, body, checksum);
    const file = check.look(response);
    if (file === undefined) return undefined;
    const { modifiedAt } = file;
    const wasRight = body.generation === generation && body.modifiedAt === modifiedAt;
    const trusted = wasRight || outbox.isVerified(response.id, modifiedAt);
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
  function rowsOf(primaryKey: string): Row[] {
    if (closed || !primaryKey.isWellFormed()) return [];
    const { complete } = index.find(primaryKey);
    for (const { response } of complete) order.follow(response.version);
    const variants = outbox.overlay(complete, primaryKey);
    if (variants.length <= maxVariantsPerKey) return variants;
    // Those that wait for their rows are beyond the bound until then: of them the ones go that will go with the commit.
    const isUsed = ({ response, used }: Row) => used || outbox.isUsed(response.id);
    const [newest, ...others] = variants;
    const usedFirst = [...others.filter(isUsed), ...others.filter((row) => !isUsed(row))];
    const kept = new Set([newest, ...usedFirst].slice(0, maxVariantsPerKey));
    return variants.filter((row) => kept.has(row));
  }

  function rowWith(primaryKey: string, id: string): Row | undefined {
    const row = rowsOf(primaryKey).find(({ response }) => response.id === id);
    return row === undefined || foundAs(row) === undefined ? undefined : row;
  }

  function removeDamaged({ id, primaryKey, variantKey }: StoredResponse, code: Damage, what: string): void {
    onTrouble({ code, message: `the body ${id} ${what}; the response was removed` });
    const waiting = outbox.overlay([], primaryKey).some(({ response }) => response.id === id);
    if (waiting) entrance.abandon(outbox.remove({ by: "variant", primaryKey, variantKey }));
    outbox.noteDamaged(id);
    handover.schedule();
  }

  function removeUnreadable(id: string, error: unknown): void {
    if (outbox.isDamaged(id)) return;
    onTrouble({ code: "BAD_ROW", message: `a row of the index is not readable: ${String(error)}` });
    outbox.noteDamaged(id);
    handover.schedule();
  }

  const check = createBodyCheck({
    bodies,
    onTrouble,
    onVerified(id, modifiedAt) {
      if (outbox.isVerified(id, modifiedAt)) return;
      outbox.noteVerified(id, modifiedAt);
      handover.schedule();
    },
    onDamage: removeDamaged,
  });

  // Begins with the time, so that new rows are neighbours in the index of ids: half the cost of a commit.
  const newRowId = () => Math.trunc(now()).toString(36) + newId();

  const pieces = createPieceStore({
    ...{ bodies, keeper, room, heard, removals, maxBytes, now, order, onTrouble },
    find: (primaryKey) =>
      index.find(primaryKey).partial.filter(({ response }) => !outbox.isDamaged(response.id)),
    newId: newRowId,
    onDamage: removeDamaged,
    onUsed: noteUseOf,
  });

  function noteUseOf({
    response,
    lastUsedAt,
    used,
  }: Pick<Row | PartialRow, "response" | "lastUsedAt" | "used">): void {
    const at = now();
    if (used && at - lastUsedAt < useGranularityMilliseconds) return;
    outbox.noteUse(response.id, at);
    handover.schedule();
  }

  const entrance = createEntrance({
    ...{ bodies, room, outbox, handover, heard, removals, maxBytes, now, order },
    generation: () => generation,
    isClosed: () => closed,
  });

  function openWriter(entry: NewResponse, expectedSize: number | undefined): DiskWriter {
    const id = newRowId();
    const twin: { id: string; version: number | undefined } = { id, version: undefined };
    const sink = createDiskSink({
      ...{ id, bodies, room, maxBytes, expectedSize, onTrouble },
      onWhole(size, checksum, inRow) {
        const found = entrance.enterNew(entry, id, size, checksum, inRow);
        twin.version = found.response.version;
        return found;
      },
    });
    return Object.assign(createWriter(sink, expectedSize), { twin });
  }

  const removing = createDiskRemoval({
    ...{ index, keeper, outbox, handover, entrance, heard, removals, order, onTrouble },
  });

  return {
    async find(primaryKey) {
      try {
        const rows = rowsOf(primaryKey);
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
      entrance.refuse(entry, expectedSize ?? 0);
      return openWriter(entry, expectedSize);
    },

    put(entry, body) {
      entrance.refuse(entry, body.byteLength);
      return entrance.enterNew(entry, newRowId(), body.byteLength, checksumOf(body), body);
    },

    async freshen(previous, fields, policy) {
      try {
        const current = rowsOf(previous.primaryKey).find(({ response }) => response.id === previous.id);
        if (current === undefined) return undefined;
        const row = { ...current, response: { ...current.response, fields, policy, version: order.next() } };
        const found = foundAs(row);
        if (found === undefined) return undefined;
        entrance.renew(row);
        return found;
      } catch (error) {
        throw toStoreError(error, "a response could not be freshened");
      }
    },

    copyAs: createDiskCopies({
      ...{ bodies, room, order, now, rowWith, foundAs },
      newId: newRowId,
      enter: (row) => entrance.enter(row, order.next()),
    }),

    ...removing,

    lastRemoval: heard.last,
    read: (found) => (isInRow(found) ? found.body.bytes : check.read(found)),
    confirm: (found) => (found.trusted ? Promise.resolve(true) : check.confirm(found)),

    noteUse(ids) {
      const at = now();
      for (const id of ids) outbox.noteUse(id, at);
      if (ids.length > 0) handover.schedule();
    },

    takeArriving: handover.takeArriving,
    flush: handover.flush,
    totals: index.totals,
    isCurrent: index.isCurrent,
    pieces,

    published: handover.published,

    async close() {
      if (closed) return;
      closed = true;
      await pieces.close();
      await handover.close();
      ignoreKeeper();
      entrance.abandon(outbox.clear());
      // What was granted ahead: the keeper may serve another store of this worker's, over the same connection.
      room.release(0, 0);
      bodies.close();
      index.close();
    },
  };
}
