import type { Order } from "../order.ts";
import { refuseOvertaken, type Removals } from "../removals.ts";
import { type Found, type NewResponse, StoreError, storedAs } from "../tier.ts";
import type { BodyFiles } from "./body-files.ts";
import type { Handover } from "./handover.ts";
import type { HeardRemovals } from "./heard-removals.ts";
import type { Outbox } from "./outbox.ts";
import { occupied, type Room } from "./room.ts";
import { isInFile, type Row, type RowBody } from "./row.ts";

export interface EntranceOptions {
  readonly bodies: BodyFiles;
  readonly room: Room;
  readonly outbox: Outbox;
  readonly handover: Handover;
  readonly heard: HeardRemovals;
  readonly removals: Removals;
  readonly maxBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly order: Order;
  /** See `RowBody`. */
  readonly generation: () => number;
  readonly isClosed: () => boolean;
}

/** How responses come into the disk tier: found here at once, and handed to the keeper. */
export interface Entrance {
  /** Throws a `StoreError` when such a response cannot be kept, whatever its body. `size` is as far as it is known. */
  refuse(entry: NewResponse, size: number): void;
  /** Likewise when its body is whole: the store may be closed by then, or the response removed. */
  refuseLate(entry: NewResponse): void;
  /**
   * The body of a new response is whole: at hand, or in its file in its place. Throws a `StoreError` when the response
   * cannot be kept.
   */
  enterNew(
    entry: NewResponse,
    id: string,
    size: number,
    checksum: string,
    inRow: Uint8Array<ArrayBuffer> | null,
  ): Found;
  /** In place of any other with its keys. `askedAt`: see `NewResponse`. */
  enter(row: Row, askedAt: number): void;
  /** The response is freshened, by what the origin was asked for then. Throws a `StoreError` when too much waits already. */
  renew(row: Row, askedAt: number): void;
  /** Rows that will never be written: their bodies go. */
  abandon(rows: readonly Row[]): void;
}

/** What may wait for the keeper while it is away; beyond it nothing more is stored on the disk. */
const mostWaiting = { responses: 4096, bytes: 16 * 1024 * 1024 };

export function createEntrance(options: EntranceOptions): Entrance {
  const { bodies, room, outbox, handover, heard, removals, maxBytes, now, order } = options;
  const { generation, isClosed } = options;

  function refuseClosed(): void {
    if (isClosed()) throw new StoreError("CLOSED", "the store is closed");
  }

  function refuseLate(entry: NewResponse): void {
    refuseClosed();
    refuseOvertaken(removals, entry);
  }

  function refuse({ primaryKey, variantKey }: NewResponse, size: number): void {
    refuseClosed();
    if (!primaryKey.isWellFormed() || !variantKey.isWellFormed()) {
      throw new StoreError("BAD_KEY", "a key with a lone surrogate cannot be kept in the index");
    }
    if (size > maxBytes) throw new StoreError("TOO_LARGE", `the disk cache holds ${maxBytes} bytes in all`);
  }

  function abandon(rows: readonly Row[]): void {
    for (const { response, body } of rows) {
      if (!isInFile(body)) continue;
      room.release(occupied(response.size), 1);
      bodies.dispose([response.id]);
    }
  }

  function refuseBehind(): void {
    const { responses, bytes } = outbox.load;
    if (responses >= mostWaiting.responses || bytes >= mostWaiting.bytes) {
      throw new StoreError(
        "KEEPER_BEHIND",
        "the keeper of the disk does not keep up; not stored on the disk",
      );
    }
  }

  function enter(row: Row, askedAt: number): void {
    refuseBehind();
    const replaced = outbox.insert(row, heard.removalBefore(askedAt));
    if (replaced !== undefined) abandon([replaced]);
    handover.scheduleNew();
  }

  /** The file is in its place. */
  function fileOf(id: string): RowBody & { kind: "file" } {
    const modifiedAt = bodies.look(id)?.modifiedAt;
    if (modifiedAt === undefined) throw new StoreError("MISSING_BODY", "the body vanished");
    return { kind: "file", modifiedAt, generation: generation() };
  }

  return {
    refuse,
    refuseLate,
    enter,
    renew(row, askedAt) {
      refuseBehind();
      outbox.update(row, heard.removalBefore(askedAt));
      handover.schedule();
    },
    abandon,
    enterNew(entry, id, size, checksum, inRow) {
      refuseLate(entry);
      const response = storedAs(entry, id, size, order.next());
      const body = inRow === null ? fileOf(id) : ({ kind: "memory", bytes: inRow } as const);
      enter({ response, checksum, body, lastUsedAt: now(), used: false }, entry.askedAt);
      if (body.kind === "memory") return { response, body };
      return { response, body: { kind: "file", path: bodies.path(id) } };
    },
  };
}
