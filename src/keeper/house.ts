import { setImmediate as nextTurn } from "node:timers/promises";
import type { FromKeeper, KeeperStartMessage } from "../control/keeper-messages.ts";
import type { Measures } from "../control/measures.ts";
import { limitTelling } from "../store/limit-telling.ts";
import { suggestsDamage } from "../store/disk/index-format.ts";
import type { Selector, Trouble } from "../store/tier.ts";
import type { Clock } from "../system/clock.ts";
import type { Environment } from "../system/own-program.ts";
import { createDesks } from "./desks.ts";
import { findDamage } from "./find-damage.ts";
import { openIndex } from "./index.ts";
import { startJanitor } from "./janitor.ts";
import type { RemovedCount } from "./jobs.ts";
import type { Listing } from "./listing.ts";
import { createKeeperMeasures } from "./measures.ts";
import { type KeptIndex, keepIndex } from "./keep-index.ts";
import { type KeptDoor, keepDoor } from "./kept-door.ts";
import { soleKeeper } from "./sole-keeper.ts";

/** One trouble of each code is told in so many milliseconds. */
const troubleMilliseconds = 1_000;
/** How long the end waits for what is under way; what is held up is lost, and a sweep is taken up at the next start. */
const choreMilliseconds = 1_000;

/** All that the keeper has: the index, who keeps it small and tidy, and the door for the workers. */
export interface House {
  totals(): { readonly objects: number; readonly bytes: number };
  measures(): Measures;
  /** Removes at the operator's word. */
  remove(selectors: readonly Selector[]): Promise<RemovedCount>;
  /** Tells what that would remove. */
  list(selectors: readonly Selector[], limit: number): Promise<Listing>;
  /** Whether any worker is connected. */
  isVisited(): boolean;
  /** See `SoleKeeper`. */
  giveWay(): void;
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
  const tell = limitTelling(
    ({ code, message }) => say({ kind: "trouble", code, message }),
    clock.steady,
    troubleMilliseconds,
  );
  const measures = createKeeperMeasures(clock);
  const sole = soleKeeper(settings.cacheDir);
  let kept: KeptIndex | undefined;
  let door: KeptDoor | undefined;
  function onTrouble(trouble: Trouble): void {
    tell(trouble);
    if (suggestsDamage(trouble.code) && kept?.current() !== undefined) kept.suspect();
  }
  kept = keepIndex({
    ...{ clock, onTrouble },
    open(knownDamage) {
      sole.become();
      return openIndex({
        directory: settings.cacheDir,
        maxBytes: settings.disk,
        maxFiles: settings.maxFiles,
        maxVariantsPerKey: settings.maxVariants,
        now: clock.steady,
        seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
        ...{ knownDamage, onTrouble },
        onEvicted: measures.evicted,
      });
    },
    findDamage: () => findDamage(settings.cacheDir, environment),
    onOpened: () => door?.announce(),
  });
  const index = kept;
  const janitor = startJanitor({
    ...{ index, startedAt, clock, onTrouble },
    maxBytes: settings.disk,
    maxFiles: settings.maxFiles,
    followsLost: deaths > 0,
    onInfo: (message) => say({ kind: "info", message }),
  });
  const desks = createDesks({ index: index.current, after: clock.after, soon: setImmediate });
  const entrance = keepDoor(settings.cacheDir, {
    ...{ index, sole, janitor, desks, clock, onTrouble },
    household: startedAt,
  });
  door = entrance;

  return {
    totals: index.totals,
    measures: () => measures.read(index),
    remove: desks.remove,
    list: desks.list,
    isVisited: entrance.isVisited,
    giveWay: sole.giveWay,
    isAwaited: sole.isAwaited,
    async stop() {
      measures.stop();
      await endOrTimeout(desks.done());
      // What was done is to be told before the door closes.
      await nextTurn();
      // Workers of a supervisor that is lost go over to the next keeper, with what they are about to bring.
      const areAllGone = !entrance.isVisited();
      await entrance.stop();
      await endOrTimeout(janitor.stop(areAllGone));
      index.close();
      sole.release();
    },
  };
}

async function endOrTimeout(work: Promise<void>): Promise<void> {
  await Promise.race([work, Bun.sleep(choreMilliseconds)]);
}
