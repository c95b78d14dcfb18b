import { keeperSocketPath } from "../control/keeper-socket.ts";
import { keepSocket } from "../control/kept-socket.ts";
import type { Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import type { Clock } from "../system/clock.ts";
import type { Desks } from "./desks.ts";
import { type KeeperDoor, openKeeperDoor } from "./door.ts";
import type { Janitor } from "./janitor.ts";
import type { KeptIndex } from "./keep-index.ts";
import type { SoleKeeper } from "./sole-keeper.ts";
import { verifyInUse } from "./verification.ts";

export interface KeptDoorOptions {
  /** See `KeeperDoorOptions`. */
  readonly household: number;
  readonly index: Pick<KeptIndex, "current" | "suspect">;
  readonly sole: Pick<SoleKeeper, "isServing">;
  readonly janitor: Pick<Janitor, "workerLost">;
  readonly desks: Desks;
  readonly clock: Clock;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** The door for the workers, which is opened again where somebody has removed its socket. */
export interface KeptDoor {
  /** See `KeeperDoor`. */
  announce(): void;
  /** Whether any worker is connected. */
  isVisited(): boolean;
  stop(): Promise<void>;
}

export function keepDoor(cacheDir: string, options: KeptDoorOptions): KeptDoor {
  const { household, index, sole, janitor, desks, clock, onTrouble } = options;
  const path = keeperSocketPath(cacheDir);
  let door: KeeperDoor | undefined;
  let visitors = 0;
  const socket = keepSocket({
    path,
    isOurs: sole.isServing,
    listen() {
      door = openKeeperDoor({
        ...{ path, desks, household, onTrouble },
        isThere: () => index.current() !== undefined,
        verify: async (fix, tellFinding) => {
          const there = index.current();
          if (there === undefined) throw new Error("there is no disk cache");
          await verifyInUse({ index: there, fix, now: clock.now, sleep: Bun.sleep, say: tellFinding });
        },
        onSuspicion: index.suspect,
        onCame() {
          visitors++;
        },
        onLeft(wasOrderly) {
          visitors--;
          if (!wasOrderly) janitor.workerLost();
        },
      });
      return door;
    },
    every: clock.every,
    onTrouble: (error) => onTrouble(toStoreError(error, "workers cannot reach the keeper")),
  });

  return {
    announce: () => door?.announce(),
    isVisited: () => visitors > 0,
    stop: socket.stop,
  };
}
