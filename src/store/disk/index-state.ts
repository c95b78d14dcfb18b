import type { Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import type { HeardRemovals } from "./heard-removals.ts";
import type { IndexReader } from "./index-reader.ts";
import type { Keeper } from "./keeper.ts";
import type { Room } from "./room.ts";

export interface IndexStateOptions {
  readonly index: Pick<IndexReader, "generation" | "lastRemoval">;
  readonly keeper: Pick<Keeper, "onThere" | "hold">;
  readonly heard: Pick<HeardRemovals, "hear">;
  readonly room: Pick<Room, "granted">;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** What the index says of all its rows, which changes with each keeper. */
export interface IndexState {
  /** See `RowBody`. */
  readonly generation: number;
  close(): void;
}

/**
 * Reads the state now, and anew each time a keeper is there; that one is told what room it finds granted. Make it before
 * a `Handover`: when that hands over what waits, the room of its bodies must be held. Throws what SQLite says.
 */
export function followIndexState(options: IndexStateOptions): IndexState {
  const { index, keeper, heard, room, onTrouble } = options;
  let generation = 0;

  /** What is asked for from now on comes after the removals that were carried out by now. */
  function read(): void {
    generation = index.generation();
    heard.hear(index.lastRemoval());
  }

  read();
  const ignoreKeeper = keeper.onThere(() => {
    keeper.hold(room.granted);
    try {
      read();
    } catch (error) {
      onTrouble(toStoreError(error, "the disk cache could not be read"));
    }
  });

  return {
    get generation() {
      return generation;
    },
    close: ignoreKeeper,
  };
}
