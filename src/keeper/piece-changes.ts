import type { DiskSpace, PieceChange, PieceOutcome } from "../store/disk/keeper.ts";
import type { Bounds } from "./bounds.ts";
import type { PieceRows } from "./piece-rows.ts";
import type { RowRemoval } from "./row-removal.ts";
import type { RemovedRow } from "./variants.ts";

export interface PieceChangesOptions {
  readonly rows: PieceRows;
  readonly bounds: Bounds;
  readonly removal: Pick<RowRemoval, "hasOvertaken">;
}

/** `Index.changePieces`: a response that is held in pieces is changed, in one transaction. */
export function preparePieceChanges(
  options: PieceChangesOptions,
): (change: PieceChange) => PieceOutcome | undefined {
  const { rows, bounds, removal } = options;

  return function changePieces(change) {
    if (change.change === "insert" && removal.hasOvertaken(change.response, change.afterRemoval)) {
      return { outcome: "refused", why: "removed while it was on its way" };
    }
    let entered: DiskSpace | undefined;
    try {
      const { result } = bounds.removeWith((removed) => {
        const outcome = carryOut(rows, change, removed);
        if ("taken" in change && outcome?.outcome === "entered") {
          entered = change.taken;
          bounds.giveBack(entered);
        }
        removed.push(...bounds.evictExcess());
        return outcome;
      });
      return result;
    } catch (error) {
      if (entered !== undefined) bounds.giveBack({ bytes: -entered.bytes, files: -entered.files });
      throw error;
    }
  };
}

function carryOut(rows: PieceRows, change: PieceChange, removed: RemovedRow[]): PieceOutcome | undefined {
  switch (change.change) {
    case "insert":
      return rows.insert(change.response, change.piece, change.now, removed);
    case "add":
      return rows.add(change.id, change.piece);
    case "merge":
      rows.merge(change.id, change.parts, change.merged);
      return undefined;
    case "complete":
      rows.complete(change.id, change.checksum, change.modifiedAt);
      return undefined;
    case "weigh":
      rows.weigh(change.id);
      return undefined;
    case "freshen": {
      const row = rows.freshen(change.id, change.freshening, removed);
      return row && { outcome: "entered", row };
    }
  }
}
