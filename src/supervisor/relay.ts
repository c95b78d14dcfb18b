import { type Clock, within } from "../system/clock.ts";
import type { Removal } from "./slot-events.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** What one worker has removed and the others should. */
interface Wish {
  readonly source: WorkerSlot;
  readonly removal: Removal;
  readonly done: () => void;
}

/** Passes on what a worker has removed; `done` comes when the others have, or have let a second pass. */
export type Relay = (source: WorkerSlot, removal: Removal, done: () => void) => void;

const ANSWER_MILLISECONDS = 1_000;
/** What comes while the workers have not answered waits for so long at the most: one of them may have been stopped. */
const GATHER_MILLISECONDS = 20;

/**
 * Gathers what workers want to be passed on until they have answered the last round: with 16 workers under many POSTs
 * each of them would else be sent, and would answer, 15 messages for every one.
 */
export function createRelay(slotsNow: () => readonly WorkerSlot[], clock: Clock): Relay {
  let wishes: Wish[] = [];
  let isUnderWay = false;

  function passOn(): void {
    const gathered = wishes;
    wishes = [];
    const answered = new Map(slotsNow().map((slot) => [slot, tell(slot, gathered)] as const));
    for (const { source, done } of gathered) {
      const others = [...answered].filter(([slot]) => slot !== source).map(([, answer]) => answer);
      within(clock, ANSWER_MILLISECONDS, Promise.all(others)).then(done, done);
    }
    within(clock, GATHER_MILLISECONDS, Promise.all(answered.values())).then(endRound, endRound);
  }

  function endRound(): void {
    isUnderWay = false;
    if (wishes.length > 0) beginRound();
  }

  function beginRound(): void {
    isUnderWay = true;
    setImmediate(passOn);
  }

  return (source, removal, done) => {
    wishes.push({ source, removal, done });
    if (!isUnderWay) beginRound();
  };
}

/** Resolves when the worker has removed what others wish, and at once where there is none. */
async function tell(slot: WorkerSlot, wishes: readonly Wish[]): Promise<void> {
  const removals = wishes.filter(({ source }) => source !== slot).map(({ removal }) => removal);
  const asked = gathered(removals).map((removal) => slot.remove(removal));
  // One that is not known to be ready may be answering clients by now.
  if (slot.state === "ready" || slot.state === "starting") await Promise.all(asked);
}

/**
 * As one removal, or as two where some are carried out on the disk and others are not. The largest number does for all:
 * who has heard it asks the origin after every removal that had a number by then.
 */
export function gathered(removals: readonly Removal[]): Removal[] {
  const undone = removals.filter(({ number }) => number === null);
  const numbers = removals.flatMap(({ number }) => number ?? []);
  const done = removals.filter(({ number }) => number !== null);
  const selectorsOf = (some: readonly Removal[]) => some.flatMap(({ selectors }) => selectors);
  return [
    ...(done.length === 0 ? [] : [{ selectors: selectorsOf(done), number: Math.max(...numbers) }]),
    ...(undone.length === 0 ? [] : [{ selectors: selectorsOf(undone), number: null }]),
  ];
}
