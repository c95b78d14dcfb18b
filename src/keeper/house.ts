import { existsSync, rmSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FromKeeper, KeeperStartMessage } from "../control/keeper-messages.ts";
import { keeperLockPath, keeperSocketPath } from "../control/keeper-socket.ts";
import { keepSocket } from "../control/kept-socket.ts";
import { limitTelling } from "../store/limit-telling.ts";
import { type Selector, StoreError, type Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import type { Clock } from "../system/clock.ts";
import { fileLock } from "../system/file-lock.ts";
import type { Environment } from "../system/own-program.ts";
import { type KeeperDoor, openKeeperDoor } from "./door.ts";
import { findDamage } from "./find-damage.ts";
import { openIndex } from "./index.ts";
import { startJanitor } from "./janitor.ts";
import { type KeptIndex, keepIndex } from "./keep-index.ts";
import { createDesks } from "./desks.ts";
import { verifyInUse } from "./verification.ts";

/** Codes after which the index is looked through. */
const damageCodes = /^(SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)|SHARED_MEMORY_CUT)/;
/** One trouble of each code is told in so many milliseconds. */
const troubleMilliseconds = 1_000;
/** How long the end waits for what is under way; what is held up is lost, and a sweep is taken up at the next start. */
const choreMilliseconds = 1_000;
/** All that the keeper has. */
export interface House {
  totals(): { readonly objects: number; readonly bytes: number };
  remove(selectors: readonly Selector[]): Promise<{ readonly removed: number; readonly number: number }>;
  /** Whether any worker is connected. */
  isVisited(): boolean;
  /** The supervisor is gone: another's keeper may take the place of this one, and says so by removing its socket. */
  giveWay(): void;
  /** Whether another keeper waits for the end of this one, which gives way. */
  isAwaited(): boolean;
  /** Does what has come, and closes the index with the mark of a clean end. */
  stop(): Promise<void>;
}

/** Opens the index, or goes on trying to, and the door for the workers. */
export function openHouse(
  { settings, startedAt, deaths }: KeeperStartMessage,
  environment: Environment,
  clock: Clock,
  say: (message: FromKeeper) => void,
): House {
  let kept: KeptIndex | undefined;
  let door: KeeperDoor | undefined;
  let visitors = 0;
  let givesWay = false;
  const path = keeperSocketPath(settings.cacheDir);
  const lock = fileLock(keeperLockPath(settings.cacheDir));
  const tell = limitTelling(
    ({ code, message }) => say({ kind: "trouble", code, message }),
    clock.steady,
    troubleMilliseconds,
  );
  function onTrouble(trouble: Trouble): void {
    tell(trouble);
    if (damageCodes.test(trouble.code) && kept?.current() !== undefined) kept.suspect();
  }
  let hasBeen = false;
  /**
   * The keeper of a supervisor that was killed lives as long as its workers do. Two would write past each other, and each
   * would know its own removals alone.
   */
  function becomeTheOnlyOne(): void {
    if (lock.keep()) {
      hasBeen = true;
      return;
    }
    if (hasBeen) throw new StoreError("INDEX_ABSENT", "another cacheproxy has it");
    rmSync(path, { force: true });
    throw new StoreError(
      "INDEX_ABSENT",
      "the keeper of a cacheproxy that was killed still has it, and has been told to end",
    );
  }
  kept = keepIndex({
    open(knownDamage) {
      becomeTheOnlyOne();
      return openIndex({
        directory: settings.cacheDir,
        maxBytes: settings.disk,
        maxFiles: settings.maxFiles,
        maxVariantsPerKey: settings.maxVariants,
        now: clock.steady,
        seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
        onTrouble,
        knownDamage,
      });
    },
    findDamage: () => findDamage(settings.cacheDir, environment),
    clock,
    onTrouble,
    onOpened: () => door?.announce(),
  });
  const index = kept;
  const janitor = startJanitor({
    index,
    maxBytes: settings.disk,
    maxFiles: settings.maxFiles,
    startedAt,
    followsLost: deaths > 0,
    clock,
    onInfo: (message) => say({ kind: "info", message }),
    onTrouble,
  });
  const desks = createDesks({ index: index.current, after: clock.after, soon: setImmediate });
  const socket = keepSocket({
    path,
    isOurs: () => !givesWay && lock.isHeld(),
    listen() {
      door = openKeeperDoor({
        ...{ path, desks, household: startedAt, onTrouble },
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
    totals: index.totals,
    remove: desks.remove,
    isVisited: () => visitors > 0,
    giveWay() {
      givesWay = true;
    },
    isAwaited: () => givesWay && !existsSync(path),
    async stop() {
      await soon(desks.done());
      // What was done is to be told before the door closes.
      await nextTurn();
      // Workers of a supervisor that is lost go over to the next keeper, with what they are about to bring.
      const areAllGone = visitors === 0;
      await socket.stop();
      await soon(janitor.stop(areAllGone));
      index.close();
      lock.release();
    },
  };
}

async function soon(work: Promise<void>): Promise<void> {
  await Promise.race([work, Bun.sleep(choreMilliseconds)]);
}
