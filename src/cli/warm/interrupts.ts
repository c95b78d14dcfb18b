/** What ends a run before its time. */
export interface Interrupts {
  /** Nothing new is begun. */
  readonly ending: AbortSignal;
  /** What is under way is cut off. */
  readonly cut: AbortSignal;
  /** Has it end as a signal does, for a reason of its own. */
  end(): void;
  /** Whether a signal was it. */
  readonly bySignal: boolean;
  /** Signals do again what they did before. */
  close(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What is under way may take so long to end well. */
const patience = 5_000;

/** A first signal lets what is under way come to its end, for a while; a second one does not. */
export function heedInterrupts(): Interrupts {
  const ending = new AbortController();
  const cut = new AbortController();
  let bySignal = false;
  let timer: Timer | undefined;

  function end(): void {
    if (ending.signal.aborted) return;
    ending.abort();
    timer = setTimeout(() => cut.abort(), patience);
  }

  function heed(): void {
    if (ending.signal.aborted) cut.abort();
    bySignal ||= !ending.signal.aborted;
    end();
  }
  for (const signal of signals) process.on(signal, heed);

  return {
    ending: ending.signal,
    cut: cut.signal,
    end,
    get bySignal() {
      return bySignal;
    },
    close() {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, heed);
    },
  };
}
