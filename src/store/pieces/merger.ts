import { gaps } from "../../rules/pieces.ts";
import { checksumOfPart } from "../disk/checksum.ts";
import type { BodyFiles } from "../disk/body-files.ts";
import { type Keeper, keeperLost } from "../disk/keeper.ts";
import type { PartialRow } from "../disk/row.ts";
import { holds, piecesToMerge, spanOf } from "./runs.ts";
import type { PieceVerifier } from "./verifier.ts";
import type { Piece, StoredResponse, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";

export interface PieceMergerOptions {
  readonly bodies: BodyFiles;
  readonly keeper: Pick<Keeper, "changePieces">;
  readonly verifier: PieceVerifier;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Keeps lists of pieces short, and makes complete responses of those that have all their bytes. */
export interface PieceMerger {
  /** Looks at what is held now; what there is to do is done later. */
  mergeLater(row: PartialRow): void;
  /** Begins nothing more; resolves when what is under way is done. */
  close(): Promise<void>;
}

/** From so many pieces on, neighbours become one. */
const manyPieces = 64;

export function createPieceMerger(options: PieceMergerOptions): PieceMerger {
  const { bodies, keeper, verifier, onTrouble } = options;
  const underWay = new Map<string, Promise<void>>();
  let closed = false;

  async function merge({ response, pieces }: PartialRow): Promise<void> {
    for (const group of piecesToMerge(pieces, response.size)) {
      for (const piece of group) if (closed || !(await verifier.verify(response, piece))) return;
      await mergeGroup(response, group);
    }
  }

  async function mergeGroup({ id, size }: StoredResponse, group: readonly Piece[]): Promise<void> {
    const span = spanOf(group);
    const modifiedAt = bodies.look(id)?.modifiedAt;
    const file = await bodies.open(id, "r");
    let checksum: string;
    try {
      checksum = await checksumOfPart(file, span.start, span.end);
    } finally {
      await file.close();
    }
    if (!holds(group, size)) {
      const merged = { ...span, checksum };
      await keeper.changePieces({ change: "merge", id, parts: group, merged });
      verifier.trust(id, merged);
    } else if (modifiedAt !== undefined && bodies.look(id)?.modifiedAt === modifiedAt) {
      // Nobody wrote to the file while it was read; else it is for the next look-up to try again.
      await keeper.changePieces({ change: "complete", id, checksum, modifiedAt });
    }
  }

  /** A response that came as one piece needs no reading again. */
  async function completeAtOnce({ response: { id } }: PartialRow, { checksum }: Piece): Promise<void> {
    const modifiedAt = bodies.look(id)?.modifiedAt;
    if (modifiedAt === undefined) return;
    await keeper.changePieces({ change: "complete", id, checksum, modifiedAt });
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The pieces serve as they are; the next look-up tries again. Removed meanwhile, they need no merging.
      const trouble = toStoreError(error, "pieces could not be merged");
      if (!keeperLost.has(trouble.code) && trouble.code !== "ENOENT") onTrouble(trouble);
    }
  }

  return {
    mergeLater(row) {
      const { response, pieces } = row;
      const isWhole = gaps(pieces, { start: 0, end: response.size }).length === 0;
      if (closed || underWay.has(response.id) || (!isWhole && pieces.length < manyPieces)) return;
      const [only, ...others] = pieces;
      const isOne = only !== undefined && others.length === 0;
      const work = attempt(() => (isOne ? completeAtOnce(row, only) : merge(row)));
      underWay.set(response.id, work);
      // It never rejects.
      void work.then(() => underWay.delete(response.id));
    },
    async close() {
      closed = true;
      await Promise.all(underWay.values());
    },
  };
}
