import type { Part } from "../../rules/range.ts";
import type { BodyCheck } from "../disk/body-check.ts";
import type { PartialRow } from "../disk/row.ts";
import type { Order } from "../order.ts";
import { newestFirst, type PartialFound, type PieceStore } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import { createPieceMerger } from "./merger.ts";
import { openPieceReader } from "./piece-files.ts";
import { createPieceWrite, type PieceWriteOptions } from "./piece-write.ts";
import { createPieceVerifier, type PieceVerifierOptions } from "./verifier.ts";

export interface PieceStoreOptions
  extends Omit<PieceWriteOptions, "toFound" | "verifier" | "merger">,
    PieceVerifierOptions {
  /** Responses held in part, as the index has them. Throws what SQLite says. */
  readonly find: (primaryKey: string) => readonly PartialRow[];
  readonly check: Pick<BodyCheck, "look">;
  readonly order: Order;
  readonly onUsed: (row: PartialRow) => void;
}

/**
 * Responses of which pieces are held, in one sparse file each. A piece is committed by itself, not with others: there
 * are few of them beside the bytes they bring.
 */
export function createPieceStore(options: PieceStoreOptions): PieceStore & { close(): Promise<void> } {
  const { bodies, keeper, heard, check, order, isClosed, onUsed, onTrouble } = options;
  const verifier = createPieceVerifier(options);
  const merger = createPieceMerger({ bodies, keeper, verifier, onTrouble });

  function toFound({ response, pieces }: PartialRow): PartialFound {
    return { response, pieces, path: bodies.path(response.id) };
  }

  function rowsOf(primaryKey: string, onEach: (row: PartialRow) => void): PartialFound[] {
    if (isClosed() || !primaryKey.isWellFormed()) return [];
    try {
      const rows = options.find(primaryKey).filter(({ response }) => check.look(response) !== undefined);
      for (const row of rows) {
        order.follow(row.response.version);
        onEach(row);
      }
      return newestFirst(rows.map(toFound));
    } catch (error) {
      onTrouble(toStoreError(error, "the disk cache could not be read"));
      return [];
    }
  }

  return {
    find: async (primaryKey) =>
      rowsOf(primaryKey, (row) => {
        onUsed(row);
        merger.mergeLater(row);
      }),
    look: async (primaryKey) => rowsOf(primaryKey, () => undefined),

    async confirm({ response, pieces }, wanted) {
      for (const piece of pieces) {
        if (wanted.some((part) => overlap(piece, part)) && !(await verifier.verify(response, piece)))
          return false;
      }
      return true;
    },

    open: ({ response }) => openPieceReader(bodies, response.id, onTrouble),

    write: createPieceWrite({ ...options, toFound, verifier, merger }),

    async freshen(previous, fields, policy, askedAt, variantKey = previous.variantKey) {
      try {
        const freshening = { fields, policy, variantKey, version: order.next() };
        const afterRemoval = heard.removalBefore(askedAt);
        const freshened = await keeper.changePieces({
          ...{ change: "freshen", id: previous.id, freshening, afterRemoval },
        });
        return freshened?.outcome === "entered" ? toFound(freshened.row) : undefined;
      } catch (error) {
        throw toStoreError(error, "a response could not be freshened");
      }
    },

    close: merger.close,
  };
}

function overlap(one: Part, other: Part): boolean {
  return one.start < other.end && other.start < one.end;
}
