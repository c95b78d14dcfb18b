/** What the operator's signals ask: stop in order, and then at once; or read the configuration anew. */
export interface StopSignals {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly first: Promise<NodeJS.Signals>;
  /** Resolves with the one after it. */
  readonly second: Promise<NodeJS.Signals>;
  /** Has SIGHUP do this; one that came before has it done now. */
  onHangUp(reload: () => void): void;
  ignore(): void;
}

/** Signals that end a process which does not heed them, and that an operator sends for other ends. */
const OTHER_SIGNALS = ["SIGUSR1", "SIGUSR2"] as const;
type OtherSignal = (typeof OTHER_SIGNALS)[number];

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

export function listenForStopSignals(): StopSignals {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let received = 0;
  let hangsUp = () => {
    hasHungUp = true;
  };
  let hasHungUp = false;

  function receive(signal: NodeJS.Signals): void {
    received += 1;
    if (received === 1) first.resolve(signal);
    else second.resolve(signal);
  }

  for (const signal of STOP_SIGNALS) process.on(signal, receive);
  // Never without a listener: it would end the process, also while that stops.
  process.on("SIGHUP", () => hangsUp());
  return {
    first: first.promise,
    second: second.promise,
    onHangUp(reload) {
      hangsUp = reload;
      if (hasHungUp) reload();
    },
    ignore() {
      for (const signal of STOP_SIGNALS) process.off(signal, receive);
    },
  };
}

/** The exit code a shell gives to a process ended by the signal. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
}

/**
 * Answers each of the other signals, for as long as the process lives: `reopen` has the log file opened anew; null where
 * there is none. `isLogAFile`: standard output is a file, such as a rotation of logs would have moved by then.
 */
export function answerOtherSignals(
  say: (line: string) => void,
  reopen: (() => void) | null,
  isLogAFile: boolean,
): void {
  const answers: Readonly<Record<OtherSignal, string>> = {
    SIGUSR1: `SIGUSR1: there is no log file to open anew, ${isLogAFile ? REDIRECTED : "the log goes to standard output"}`,
    SIGUSR2: "SIGUSR2: means nothing to cacheproxy",
  };
  for (const signal of OTHER_SIGNALS) {
    process.on(signal, () => {
      if (signal === "SIGUSR1" && reopen !== null) reopen();
      else say(answers[signal]);
    });
  }
}

const REDIRECTED =
  "the log goes to a standard output that the caller has sent into a file; rotate that by copying and truncating it (copytruncate), after a start with >>, or name the file with --log-file";
