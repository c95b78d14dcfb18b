import type { PieceOutcome, DiskSpace, PieceChange } from "../store/disk/keeper.ts";
import type { Bounds } from "./bounds.ts";
import type { PieceRows } from "./piece-rows.ts";
import type { RemovedRow } from "./variants.ts";

export interface PieceParts {
  readonly rows: PieceRows;
  readonly bounds: Bounds;
}

/** Changes a response that is held in pieces, in one transaction, after which what lies on the disk is within its bounds. */
export function changePiecesIn({ rows, bounds }: PieceParts, change: PieceChange): PieceOutcome | undefined {
  let entered: DiskSpace | undefined;
  try {
    const { result } = bounds.removeWith((removed) => {
      const entering = carryOut(rows, change, removed);
      if ("taken" in change && entering?.outcome === "entered") {
        entered = change.taken;
        bounds.giveBack(entered);
      }
      removed.push(...bounds.evictExcess());
      return entering;
    });
    return result;
  } catch (error) {
    if (entered !== undefined) bounds.giveBack({ bytes: -entered.bytes, files: -entered.files });
    throw error;
  }
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
