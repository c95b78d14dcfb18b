import type { DiskSpace, PieceChange, PieceOutcome } from "../store/disk/keeper.ts";
import type { Bounds } from "./bounds.ts";
import type { ChangePieceRows } from "./piece-rows.ts";
import type { RowRemoval } from "./row-removal.ts";

export interface PieceChangesOptions {
  readonly changeRows: ChangePieceRows;
  readonly bounds: Bounds;
  readonly removal: Pick<RowRemoval, "hasOvertaken" | "hasOvertakenFreshened">;
}

/** `Index.changePieces`: a response that is held in pieces is changed, in one transaction. */
export function preparePieceChanges(
  options: PieceChangesOptions,
): (change: PieceChange) => PieceOutcome | undefined {
  const { changeRows, bounds, removal } = options;

  return function changePieces(change) {
    if (change.change === "insert" && removal.hasOvertaken(change.response, change.afterRemoval)) {
      return { outcome: "refused", why: "removed while it was on its way" };
    }
    if (change.change === "freshen") {
      const { id, freshening, afterRemoval } = change;
      if (removal.hasOvertakenFreshened(id, freshening.policy, afterRemoval)) return undefined;
    }
    let entered: DiskSpace | undefined;
    try {
      const { result } = bounds.removeWith((removed) => {
        const outcome = changeRows(change, removed);
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
