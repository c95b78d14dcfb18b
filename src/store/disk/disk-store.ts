import type { Found, NewResponse, PieceStore, Tier, Trouble, Twin, Writer } from "../tier.ts";
import { createWriter, toStoreError } from "../writer.ts";
import type { Bytes } from "./body-check.ts";
import { checksumOf } from "./checksum.ts";
import { createDiskCopies } from "./disk-copies.ts";
import { type DiskFound, isInRow } from "./disk-found.ts";
import { type DiskOptions, type DiskParts, openDiskParts } from "./disk-parts.ts";
import type { DiskRemoval } from "./disk-removal.ts";
import { createDiskSink } from "./disk-sink.ts";

/** A response on its way to the disk. `twin` is what another tier that keeps it as well has to call it. */
export type DiskWriter = Writer & { readonly twin: Twin };

/** The tier of responses on the disk, which this process reads and the keeper writes. */
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
  /** It has answered so many requests: told with the next use that is noted of it, or by `tellHits`. */
  noteHits(id: string, hits: number): void;
  /** Tells the hits of at most so many responses that have waited longest: each is a use. */
  tellHits(limit: number): void;
  /** Whether the index that it reads is still the one at its path. */
  isCurrent(): boolean;
}

/** Responses on the disk: read here, written by the keeper. Throws a `StoreError` when there is no index to read. */
export function openDiskStore(options: DiskOptions): DiskStore {
  const { maxBytes, now, order, removals, onTrouble } = options;
  const parts = openDiskParts(options);
  const { index, bodies, room, heard, handover, entrance, check, rows, uses, removal, pieces, newId } = parts;

  return {
    find: async (primaryKey) => find(parts, primaryKey, onTrouble),
    look: async (primaryKey) =>
      find({ rows, uses: unnoted }, primaryKey, onTrouble).map(({ response, body }) => ({
        ...{ response, body },
        where: "disk",
      })),

    async write(entry, expectedSize) {
      entrance.refuse(entry, expectedSize ?? 0);
      const id = newId();
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
    },

    put(entry, body) {
      entrance.refuse(entry, body.byteLength);
      return entrance.enterNew(entry, newId(), body.byteLength, checksumOf(body), body);
    },

    async freshen({ primaryKey, id }, fields, policy, askedAt) {
      try {
        const current = rows.withId(primaryKey, id);
        if (current === undefined || removals.concernSince(current.response, askedAt)) return undefined;
        const row = { ...current, response: { ...current.response, fields, policy, version: order.next() } };
        const found = rows.foundAs(row);
        if (found !== undefined) entrance.renew(row, askedAt);
        return found;
      } catch (error) {
        throw toStoreError(error, "a response could not be freshened");
      }
    },

    copyAs: createDiskCopies({
      ...{ bodies, room, order, now, rows, newId },
      enter: entrance.enter,
    }),
    ...removal,
    lastRemoval: heard.last,
    read: (found) => (isInRow(found) ? found.body.bytes : check.read(found)),
    confirm: (found) => (found.trusted ? Promise.resolve(true) : check.confirm(found)),
    noteUse: uses.note,
    noteHit: (id) => uses.noteHits(id, 1),
    noteHits: uses.noteHits,
    tellHits: uses.tellHits,
    takeArriving: handover.takeArriving,
    flush: handover.flush,
    totals: index.totals,
    isCurrent: index.isCurrent,
    pieces,
    published: handover.published,
    close: parts.close,
  };
}

/** `Tier.find` of the disk. Of one variant a look-up is a use; of several the caller says which it has used. */
function find(
  { rows, uses }: { readonly rows: DiskParts["rows"]; readonly uses: Pick<DiskParts["uses"], "noteRow"> },
  primaryKey: string,
  onTrouble: (trouble: Trouble) => void,
): DiskFound[] {
  try {
    const variants = rows.ofKey(primaryKey);
    return variants.flatMap((row) => {
      const found = rows.foundAs(row);
      if (found === undefined) return [];
      if (variants.length === 1) uses.noteRow(row);
      return [found];
    });
  } catch (error) {
    onTrouble(toStoreError(error, "the disk cache could not be read"));
    return [];
  }
}

/** Who only looks uses nothing. */
const unnoted = { noteRow: () => undefined };
