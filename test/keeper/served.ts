import { keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { type KeeperDoor, openKeeperDoor } from "../../src/keeper/door.ts";
import type { Index } from "../../src/keeper/index.ts";
import { createDesks, type Desks } from "../../src/keeper/desks.ts";
import { verifyInUse } from "../../src/keeper/verification.ts";
import { collectTrouble } from "../store/samples.ts";

/** A keeper in this process whom others reach over the socket of a cache directory. */
export interface ServedKeeper extends AsyncDisposable {
  readonly path: string;
  readonly desks: Desks;
  readonly troubles: string[];
  /** What is told of those who come and go: "came", "left", "left in order", "suspicion". */
  readonly visits: string[];
  /** Undefined while there is none. */
  index: Index | undefined;
  /** Says that there is an index, as after another was opened. */
  announce(): void;
  /** Takes the socket away, with all connections. */
  leave(): Promise<void>;
  /** Listens again. */
  comeBack(): void;
}

export function serveKeeper(directory: string, index?: Index): ServedKeeper {
  const path = keeperSocketPath(directory);
  const { codes, onTrouble } = collectTrouble();
  const visits: string[] = [];
  const desks = createDesks({
    index: () => served.index,
    after(milliseconds, run) {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    soon: setImmediate,
  });
  let door: KeeperDoor | undefined;

  function comeBack(): void {
    door = openKeeperDoor({
      ...{ path, desks, onTrouble, household: 1 },
      isThere: () => served.index !== undefined,
      async verify(fix, say) {
        if (served.index === undefined) throw new Error("there is no disk cache");
        await verifyInUse({ index: served.index, fix, now: Date.now, sleep: async () => undefined, say });
      },
      onCame: () => visits.push("came"),
      onLeft: (wasOrderly) => visits.push(wasOrderly ? "left in order" : "left"),
      onSuspicion: () => visits.push("suspicion"),
    });
  }

  const served: ServedKeeper = {
    ...{ path, desks, visits, index, comeBack },
    troubles: codes,
    announce: () => door?.announce(),
    async leave() {
      await door?.stop();
      door = undefined;
    },
    async [Symbol.asyncDispose]() {
      await served.leave();
    },
  };
  comeBack();
  return served;
}
