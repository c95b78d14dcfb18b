import type { Mark } from "../control/messages.ts";
import type { Index } from "../keeper/index.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { Troubles } from "./troubles.ts";

/** What late removals need of the store's index. */
export type RemovingIndex = Pick<Index, "removeEarlier" | "noteUnremoved">;

export interface UnremovedOptions {
  readonly index: RemovingIndex;
  readonly clock: Clock;
  readonly troubles: Pick<Troubles, "note">;
}

/**
 * Removals that workers could not carry out on the disk, and have marked in their memory: see store/disk/removal-marks. A
 * worker that starts meanwhile gets the marks, or it would serve what was removed. The supervisor keeps house, so it can
 * make the room that a removal needs on a full disk.
 */
export interface Unremoved {
  readonly marks: readonly Mark[];
  add(mark: Mark): void;
  /** Tries now: how many of the selector's were removed late. Rejects while they cannot be. */
  settle(selector: Mark["selector"]): Promise<number>;
  stop(): void;
}

const RETRY_MILLISECONDS = 1_000;
/** Beyond so many one mark on all there is takes their place. */
const MOST_MARKS = 1024;
/** Removals of which it is remembered how many there were, for whoever asks next. */
const LATELY_SETTLED = 64;

export function createUnremoved({ index, clock, troubles }: UnremovedOptions): Unremoved {
  const marks = new Map<string, Mark>();
  const settled = new Map<string, number>();
  let underWay: Promise<void> | undefined;

  function attempt(): Promise<void> {
    underWay ??= carryOut().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function carryOut(): Promise<void> {
    for (const [key, mark] of marks) {
      remember(key, await index.removeEarlier(mark.selector, mark.at));
      if (marks.get(key) === mark) marks.delete(key);
    }
    if (marks.size === 0) leaveNote(false);
  }

  function remember(key: string, removed: number): void {
    settled.set(key, (settled.get(key) ?? 0) + removed);
    const [oldest] = settled.keys();
    if (settled.size > LATELY_SETTLED && oldest !== undefined) settled.delete(oldest);
  }

  /** For the next start, should this one end before the removals are carried out. */
  function leaveNote(areThere: boolean): void {
    try {
      index.noteUnremoved(areThere);
    } catch (error) {
      tell("removals that are not carried out yet cannot be noted for the next start", error);
    }
  }

  function tell(what: string, error: unknown): void {
    const code = error instanceof Error && "code" in error ? String(error.code) : "UNREMOVED";
    troubles.note({ code, message: `store: ${what}: ${describe(error)}` });
  }

  function retry(): void {
    if (marks.size === 0) return;
    attempt().catch((error: unknown) => tell("what was removed is still on the disk", error));
  }

  const cancel: Cancel = clock.every(RETRY_MILLISECONDS, retry);

  return {
    get marks() {
      return [...marks.values()];
    },
    add(mark) {
      if (marks.size === 0) leaveNote(true);
      if (marks.size >= MOST_MARKS) {
        marks.clear();
        marks.set(keyOf({ by: "all" }), { selector: { by: "all" }, at: mark.at });
      } else marks.set(keyOf(mark.selector), mark);
    },
    async settle(selector) {
      const key = keyOf(selector);
      const isMarked = () => marks.has(key) || marks.has(keyOf({ by: "all" }));
      // The attempt under way may have passed it.
      for (let tries = 0; isMarked() && tries < 2; tries++) await attempt();
      const removed = settled.get(key) ?? 0;
      settled.delete(key);
      return removed;
    },
    stop: cancel,
  };
}

function keyOf(selector: Mark["selector"]): string {
  return JSON.stringify(selector);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
