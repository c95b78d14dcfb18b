import { type After, systemAfter } from "../after.ts";
import type { Order } from "../order.ts";
import { createPieceStore } from "../pieces/piece-store.ts";
import type { Removals } from "../removals.ts";
import type { StoredResponse, Trouble } from "../tier.ts";
import { createBodyCheck } from "./body-check.ts";
import { openBodyFiles } from "./body-files.ts";
import { createDamagedRows, type DamagedRows } from "./damaged-rows.ts";
import { createDiskRemoval } from "./disk-removal.ts";
import { createDiskRows } from "./disk-rows.ts";
import { createDiskUses } from "./disk-uses.ts";
import { createEntrance } from "./entrance.ts";
import { createHandover } from "./handover.ts";
import { createHeardRemovals } from "./heard-removals.ts";
import { openIndexReader } from "./index-reader.ts";
import { followIndexState } from "./index-state.ts";
import type { Keeper } from "./keeper.ts";
import { createOutbox } from "./outbox.ts";
import { createRoom, grainFor } from "./room.ts";

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

/** What a disk store is made of. */
export type DiskParts = ReturnType<typeof openDiskParts>;

/** Opens what is read, and puts together what is needed to write. Throws a `StoreError` when there is no index to read. */
export function openDiskParts(options: DiskOptions) {
  const { maxBytes, maxFiles = Number.POSITIVE_INFINITY, maxVariantsPerKey = 32 } = options;
  const { directory, keeper, now, order, removals, onTrouble, onOvertaken } = options;
  const { disposalDelay = 250, after = systemAfter } = options;
  let closed = false;
  const isClosed = () => closed;
  const index = openIndexReader({
    ...{ directory, now, onTrouble },
    onUnreadable: (id, error) => damaged.removeUnreadable(id, error),
  });
  const bodies = openBodyFiles({ directory, disposalDelay, after, onTrouble });
  const outbox = createOutbox();
  const heard = createHeardRemovals(order);
  const room = createRoom(keeper, grainFor(maxBytes, maxFiles));
  const state = followIndexState({ index, keeper, heard, room, onTrouble });
  const generation = () => state.generation;
  const handover = createHandover({
    ...{ outbox, keeper, now, after, room, onTrouble },
    onCommitted(removal, overtaken) {
      heard.hear(removal);
      if (overtaken.length > 0) onOvertaken?.(overtaken);
    },
    onRefused: (responses) => bodies.dispose(responses.map(({ id }) => id)),
  });
  const entrance = createEntrance({
    ...{ bodies, room, outbox, handover, heard, removals, maxBytes, now, order, generation, isClosed },
  });
  const damaged: DamagedRows = createDamagedRows({ outbox, entrance, handover, onTrouble });
  const check = createBodyCheck({
    ...{ bodies, onTrouble, onDamage: damaged.remove },
    onVerified(id, modifiedAt) {
      if (outbox.isVerified(id, modifiedAt)) return;
      outbox.noteVerified(id, modifiedAt);
      handover.schedule();
    },
  });
  const rows = createDiskRows({
    ...{ index, outbox, bodies, check, damaged, order, maxVariantsPerKey, generation, isClosed },
  });
  const uses = createDiskUses(outbox, handover, now);
  // Begins with the time, so that new rows are neighbours in the index of ids: half the cost of a commit.
  const newId = () => Math.trunc(now()).toString(36) + options.newId();
  const pieces = createPieceStore({
    ...{ bodies, keeper, room, heard, entrance, check, now, order, newId, isClosed, onTrouble },
    find: (primaryKey) =>
      index.find(primaryKey).partial.filter(({ response }) => !outbox.isDamaged(response.id)),
    onDamage: damaged.remove,
    onUsed: uses.noteRow,
  });
  const removal = createDiskRemoval({
    ...{ index, keeper, outbox, handover, entrance, heard, removals, order, onTrouble },
  });
  return {
    ...{ index, bodies, room, heard, handover, entrance, check, rows, uses, removal, pieces, newId },
    async close(): Promise<void> {
      if (closed) return;
      closed = true;
      // What waits goes first: a large response whose pieces are just being compared may take longer than there is time.
      handover.flush();
      await pieces.close();
      await handover.close();
      state.close();
      entrance.abandon(outbox.clear());
      // What was granted ahead: the keeper may serve another store of this worker's, over the same connection.
      room.release(0, 0);
      bodies.close();
      index.close();
    },
  };
}
