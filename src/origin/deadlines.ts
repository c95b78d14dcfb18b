/** Something that must end in time. */
export interface Deadline {
  readonly begunAtTick: number;
  readonly onPassed: () => void;
}

export interface Deadlines {
  begin(onPassed: () => void): Deadline;
  /** It ended in time, or nobody waits for it any more. */
  end(deadline: Deadline): void;
}

/** A deadline passes up to an eighth late, never early. */
const ticksInAll = 8;

/**
 * Any number of deadlines of one length, in milliseconds, with a single timer: several of them begin and end with every
 * request to the origin, and a timer each would cost more than all else that is done for it.
 */
export function createDeadlines(milliseconds: number): Deadlines {
  /** Those begun first come first. */
  const running = new Set<Deadline>();
  let tick = 0;
  let isTicking = false;

  function awaitTick(): void {
    if (isTicking) return;
    isTicking = true;
    setTimeout(passTick, milliseconds / ticksInAll);
  }

  function passTick(): void {
    isTicking = false;
    tick++;
    for (const deadline of running) {
      // It may have begun just before a tick: that one does not count.
      if (tick - deadline.begunAtTick <= ticksInAll) break;
      running.delete(deadline);
      deadline.onPassed();
    }
    if (running.size > 0) awaitTick();
  }

  return {
    begin(onPassed) {
      const deadline = { begunAtTick: tick, onPassed };
      running.add(deadline);
      awaitTick();
      return deadline;
    },
    end(deadline) {
      running.delete(deadline);
    },
  };
}
