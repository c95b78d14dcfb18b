/** Why a run ends before its time. */
export type Interruption =
  /** By a signal. */
  | "interrupted"
  /** Too many requests in a row had no good answer. */
  | "hopeless"
  /** There is no proxy any more that could be asked. */
  | "gone";

/** What ends a run before its time. */
export interface Interrupts {
  /** Aborts when nothing new is to be begun. */
  readonly ending: AbortSignal;
  /** Aborts when what is under way is to be cut off. */
  readonly cut: AbortSignal;
  /** Why it ends; undefined while it goes on. */
  readonly why: Interruption | undefined;
  /** Has it end as by a signal, for another reason. */
  end(why: Exclude<Interruption, "interrupted">): void;
  /** Signals do again what they did before. */
  close(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Milliseconds that what is under way may take to end well. */
const patience = 5_000;

/** A first signal lets what is under way come to its end, for a while; a second one does not. */
export function heedInterrupts(): Interrupts {
  const ending = new AbortController();
  const cut = new AbortController();
  let reason: Interruption | undefined;
  let timer: Timer | undefined;

  function end(why: Interruption): void {
    // Where the proxy is gone, that is why requests were in vain before.
    if (reason === undefined || why === "gone") reason = why;
    if (ending.signal.aborted) return;
    ending.abort();
    timer = setTimeout(() => cut.abort(), patience);
  }

  function heed(): void {
    if (ending.signal.aborted) cut.abort();
    else end("interrupted");
  }
  for (const signal of signals) process.on(signal, heed);

  return {
    ending: ending.signal,
    cut: cut.signal,
    get why() {
      return reason;
    },
    end,
    close() {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, heed);
    },
  };
}
