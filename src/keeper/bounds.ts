import { type BodyFiles, sumOf, type Weighed } from "../store/disk/body-files.ts";
import type { ChooseVictims } from "./eviction.ts";
import type { SharedRoom } from "./shared-room.ts";
import type { Rows } from "./rows.ts";
import type { Atomically } from "./transactions.ts";
import type { Gone } from "./variants.ts";
import { createRoom, grainFor, type Room } from "../store/disk/room.ts";
import { StoreError } from "../store/tier.ts";

export interface BoundsOptions {
  readonly atomically: Atomically;
  readonly bodies: BodyFiles;
  readonly rows: Rows;
  readonly shared: SharedRoom;
  readonly chooseVictims: ChooseVictims;
  /** Hard bounds for all processes together: see disk/room.ts. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Called before each use of the database. */
  readonly beforeUse: () => void;
}

/** Keeps rows, their bodies and what is on its way within the bounds. */
export interface Bounds {
  readonly room: Room;
  /** Tells the other processes what this one has beside its rows. Call it in a transaction. */
  enter(): void;
  /** The same, as soon as may be; for what does not go with a change of rows. Does not throw. */
  enterSoon(): void;
  /** The rows that had to go, for those that are there to be within the bounds. Call it in a transaction. */
  evictExcess(): Gone[];
  /**
   * The bodies are there until they are removed: the room they take changes its column with the rows' end. Call it in a
   * transaction.
   */
  enterLeaving(gone: readonly Gone[]): Weighed;
  /** Removes rows in one transaction, then their bodies. How many there were. */
  removeWith(work: () => Gone[]): number;
  /** Nobody gets any room from now on. */
  close(): void;
}

/** Beyond the bounds so much is made free at once, so that it is not done for every response. */
const spareShare = 0.02;

export function keepBounds(options: BoundsOptions): Bounds {
  const { atomically, bodies, rows, shared, chooseVictims, maxBytes, maxFiles, beforeUse } = options;
  let closed = false;

  function enterLeaving(gone: readonly Gone[]): Weighed {
    const weighed = bodies.weigh(gone.flatMap(({ id, inFile }) => (inFile === 1 ? id : [])));
    if (weighed.size === 0) return weighed;
    const { arriving, leaving } = room.beside;
    shared.enter({
      arriving,
      leaving: { bytes: leaving.bytes + sumOf(weighed), files: leaving.files + weighed.size },
    });
    return weighed;
  }

  /** Down to the bounds less a share of them. */
  function evictExcess(spare: number): Gone[] {
    const { bytes, files } = shared.future();
    if (bytes <= maxBytes && files <= maxFiles) return [];
    const excess = (there: number, bound: number) =>
      Number.isFinite(bound) ? there - bound * (1 - spare) : 0;
    const victims = chooseVictims({ bytes: excess(bytes, maxBytes), files: excess(files, maxFiles) });
    return victims.flatMap(rows.removeId);
  }

  function isWithinBounds(): boolean {
    const { bytes, files } = shared.present();
    return bytes <= maxBytes && files <= maxFiles;
  }

  function enterSoon(): void {
    if (closed) return;
    beforeUse();
    try {
      enterAtOnce();
    } catch {
      // The numbers go with every later change as well; that one tells when the index cannot be written.
    }
  }

  const askAtOnce = atomically((): { admitted: boolean; victims: Weighed } => {
    shared.enter(room.beside);
    if (isWithinBounds()) return { admitted: true, victims: new Map() };
    return { admitted: false, victims: enterLeaving(evictExcess(spareShare)) };
  });

  const removeAtOnce = atomically((work: () => Gone[]) => {
    const gone = work();
    return { count: gone.length, weighed: enterLeaving(gone) };
  });

  const enterAtOnce = atomically(() => shared.enter(room.beside));

  const room = createRoom({
    grain: grainFor(maxBytes, maxFiles),
    enter: enterSoon,
    ask() {
      if (closed) throw new StoreError("CLOSED", "the store is closed");
      beforeUse();
      const { admitted, victims } = askAtOnce();
      bodies.disposeWeighed(victims);
      // At once where those that had to go have no files.
      return admitted || isWithinBounds();
    },
  });

  return {
    room,
    enter: () => shared.enter(room.beside),
    enterSoon,
    evictExcess: () => evictExcess(0),
    enterLeaving,
    removeWith(work) {
      const { count, weighed } = removeAtOnce(work);
      bodies.disposeWeighed(weighed);
      return count;
    },
    close() {
      closed = true;
    },
  };
}
