import { codeOf } from "../config/listen-refusal.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { KeeperSlot } from "./keeper-slot.ts";
import type { Troubles } from "./troubles.ts";

export interface UnremovedOptions {
  readonly keeper: Pick<KeeperSlot, "remove">;
  /** Leaves a note for the next start that removals are not carried out on the disk, or takes it away. May throw. */
  readonly note: (areThere: boolean) => void;
  readonly clock: Clock;
  readonly troubles: Pick<Troubles, "note">;
}

/**
 * Removals that the keeper has not carried out on the disk: what they concern must not be served from there. Who made
 * one holds it in its memory; a worker that starts meanwhile gets it here, and so does a keeper that is there again.
 */
export interface Unremoved {
  readonly marks: readonly PurgeSelector[];
  /** Call it before anybody is told that these are removed. */
  add(selectors: readonly PurgeSelector[]): void;
  stop(): void;
}

const RETRY_MILLISECONDS = 1_000;
/** A removal by prefix may walk a large index. */
const REMOVE_MILLISECONDS = 60_000;
/** Beyond so many one mark on all there is takes their place. */
const MOST_MARKS = 1024;

interface Mark {
  readonly selector: PurgeSelector;
}

export function createUnremoved({ keeper, note, clock, troubles }: UnremovedOptions): Unremoved {
  const marks = new Map<string, Mark>();
  let isNoted = false;
  let isUnderWay = false;

  async function carryOut(): Promise<void> {
    const carried = [...marks];
    await keeper.remove(
      carried.map(([, { selector }]) => selector),
      REMOVE_MILLISECONDS,
    );
    // One that was made anew meanwhile is of a later removal than the one that is carried out.
    for (const [key, mark] of carried) if (marks.get(key) === mark) marks.delete(key);
    if (marks.size === 0) leaveNote(false);
  }

  function leaveNote(areThere: boolean): void {
    if (isNoted === areThere) return;
    try {
      note(areThere);
      isNoted = areThere;
    } catch (error) {
      tell("removals that are not carried out yet cannot be noted for the next start", error);
    }
  }

  function tell(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    troubles.note({ code: codeOf(error) ?? "UNREMOVED", message: `store: ${what}: ${why}` });
  }

  function retry(): void {
    leaveNote(marks.size > 0);
    if (marks.size === 0 || isUnderWay) return;
    isUnderWay = true;
    carryOut()
      .catch((error: unknown) => tell("what was removed is still on the disk", error))
      .finally(() => {
        isUnderWay = false;
      });
  }

  function mark(selector: PurgeSelector): void {
    const key = JSON.stringify(selector);
    if (marks.size >= MOST_MARKS && !marks.has(key)) {
      marks.clear();
      mark({ by: "all" });
    } else marks.set(key, { selector });
  }

  const cancel: Cancel = clock.every(RETRY_MILLISECONDS, retry);

  return {
    get marks() {
      return [...marks.values()].map(({ selector }) => selector);
    },
    add(selectors) {
      for (const selector of selectors) mark(selector);
      leaveNote(marks.size > 0);
    },
    stop: cancel,
  };
}
