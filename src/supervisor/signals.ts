/** What the operator's signals ask: stop in order, and then at once. */
export interface StopSignals {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly first: Promise<NodeJS.Signals>;
  /** Resolves with the one after it. */
  readonly second: Promise<NodeJS.Signals>;
  ignore(): void;
}

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

export function listenForStopSignals(): StopSignals {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let received = 0;

  function receive(signal: NodeJS.Signals): void {
    received += 1;
    if (received === 1) first.resolve(signal);
    else second.resolve(signal);
  }

  for (const signal of STOP_SIGNALS) process.on(signal, receive);
  return {
    first: first.promise,
    second: second.promise,
    ignore() {
      for (const signal of STOP_SIGNALS) process.off(signal, receive);
    },
  };
}

/** The exit code a shell gives to a process ended by the signal. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
}
