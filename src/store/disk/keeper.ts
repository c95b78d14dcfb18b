import type { Piece, Selector, StoredResponse } from "../tier.ts";
import type { PartialRow, RowColumns } from "./row.ts";

/** A row that is to be entered. */
export interface NewRow extends RowColumns {
  /** The number of the last removal that was known of when the origin was asked: see store/removals. */
  readonly afterRemoval: number;
}

/** That a response is in use. */
export interface NotedUse {
  /** When it was used last. */
  readonly at: number;
  /** How many requests it has answered since that was last noted of it. */
  readonly hits: number;
}

/** What is handed to the keeper at once. Updates and uses of rows that are gone change nothing. */
export interface Batch {
  /** Responses whose body is at hand or lies in its place, each instead of any other with its keys. */
  readonly inserts: readonly NewRow[];
  /** Freshened responses; their `afterRemoval` is of the origin's confirmation. */
  readonly updates: readonly NewRow[];
  /** By id. */
  readonly uses: ReadonlyMap<string, NotedUse>;
  /** Bodies that were compared with their checksum: by id, when their file was last written to. */
  readonly verified: ReadonlyMap<string, number>;
  /** Ids of rows whose bodies were found damaged, or that are not readable. */
  readonly damaged: readonly string[];
}

/** What became of a batch. */
export interface Committed {
  /**
   * Ids that did not become rows, because of a removal: their bodies are the keeper's to remove. And of rows that were not
   * freshened because of one: they have gone, or are stale since then, and what is known of them is not so any more.
   */
  readonly overtaken: readonly string[];
  /** The number of the last removal there was. */
  readonly removal: number;
}

/** Bytes in whole blocks of the file system, and files. */
export interface DiskSpace {
  readonly bytes: number;
  readonly files: number;
}

/** What became of a piece that was to be entered. */
export type PieceOutcome =
  | { readonly outcome: "entered"; readonly row: PartialRow }
  /** Pieces of the same representation are held already: it belongs to their file. */
  | { readonly outcome: "belongs"; readonly row: PartialRow }
  /** A complete response is stored, the response is gone, or there are too many pieces. */
  | { readonly outcome: "refused"; readonly why: string };

/** What becomes of a response that an answer of the origin has confirmed. */
export type Freshening = Pick<StoredResponse, "fields" | "policy" | "variantKey" | "version">;

/** A change of a response that is held in pieces. */
export type PieceChange =
  /** A first piece, with the response it is of; its file lies in its place. */
  | {
      readonly change: "insert";
      readonly response: StoredResponse;
      readonly piece: Piece;
      readonly now: number;
      readonly afterRemoval: number;
      /** Of the room that was granted; it is the row's from now on. */
      readonly taken: DiskSpace;
    }
  /** One more piece of the response with that id. */
  | { readonly change: "add"; readonly id: string; readonly piece: Piece; readonly taken: DiskSpace }
  /** `merged` instead of `parts`, if these are all there still. */
  | {
      readonly change: "merge";
      readonly id: string;
      readonly parts: readonly Piece[];
      readonly merged: Piece;
    }
  /** The response is complete: one like any other. */
  | {
      readonly change: "complete";
      readonly id: string;
      readonly checksum: string;
      readonly modifiedAt: number;
    }
  /** What the file takes is to be counted anew: a piece that was broken off has left bytes in it. */
  | { readonly change: "weigh"; readonly id: string }
  /** Nothing where a removal has overtaken the confirmation. `afterRemoval`: see `NewRow`. */
  | {
      readonly change: "freshen";
      readonly id: string;
      readonly freshening: Freshening;
      readonly afterRemoval: number;
    };

/**
 * The keeper of the disk, as who reads from the disk has it: the one who writes. What is called first is done first.
 * Each call rejects with a `StoreError` when it could not be done, or when it is not known whether it was: the keeper is
 * away (KEEPER_AWAY) or has not answered in time (KEEPER_SILENT).
 */
export interface Keeper {
  /** Whether it is there and answers: else what is asked is refused at once. */
  readonly isThere: boolean;
  /** Calls back each time it is there again, before anything else is asked of it, until what is returned is called. */
  onThere(react: () => void): () => void;
  /** Entered whole, or not at all. A batch that gets lost is to be handed over again. It may take as long as it takes. */
  commit(batch: Batch): Promise<Committed>;
  /** How many rows went, and the removal's number. */
  remove(selectors: readonly Selector[]): Promise<{ readonly removed: number; readonly number: number }>;
  /** So much room is held, which a keeper before this one has granted. */
  hold(space: DiskSpace): void;
  /** Room for bodies that have no rows yet; false when there is none. */
  grant(space: DiskSpace): Promise<boolean>;
  /** What was granted is not needed any more. */
  giveBack(space: DiskSpace): void;
  /** Undefined when the response is gone. */
  changePieces(change: PieceChange): Promise<PieceOutcome | undefined>;
  close(): void;
}

/** Codes of a keeper that may be back in a moment. */
export const keeperLost: ReadonlySet<string> = new Set(["KEEPER_AWAY", "KEEPER_SILENT"]);
