import { createForward, type Forward, type ForwardOptions, type OriginRequest } from "./forward.ts";
import { pseudonym } from "./request.ts";
import { type Sign, signOf, signOfProbe } from "./sign.ts";

/** How often an origin is asked whether it is well, and how long it may think about it. Milliseconds. */
export const probeMilliseconds = 5_000;
const probeTimeout = 2_000;
/** Probes in a row that must fail before it is left alone. */
const mostFailures = 2;

export interface ProbeOptions {
  readonly origin: ForwardOptions;
  /** What is asked for, below the path that all of the origin's paths begin with: "/healthz". */
  readonly path: string;
  readonly every: (milliseconds: number, run: () => void) => () => void;
  /** It is well: found by a probe that began at that instant of the steady clock. */
  readonly onWell: (begunAt: number) => void;
  /** It is not, for the second time in a row or more. */
  readonly onFailed: (sign: Exclude<Sign, "well">) => void;
}

/** Asks an origin now and every few seconds whether it is well, until what is returned is called. */
export function startProbes({ origin, path, every, onWell, onFailed }: ProbeOptions): () => void {
  // Connections of its own, and nobody is told of what fails: the operator hears that it is left alone.
  const { onFailure, onOutcome, ...way } = origin;
  const forward = createForward({ ...way, firstByteTimeout: probeTimeout, idleTimeout: probeTimeout });
  const isStopped = new AbortController();
  let failures = 0;
  let isRunning = false;

  async function probe(): Promise<void> {
    const begunAt = origin.now();
    const sign = await probeOnce(forward, { method: "GET", target: path }, true, isStopped.signal);
    if (isStopped.signal.aborted || sign === null) return;
    failures = sign === "well" ? 0 : failures + 1;
    if (sign === "well") onWell(begunAt);
    else if (failures >= mostFailures) onFailed(sign);
  }

  function run(): void {
    if (isRunning) return;
    isRunning = true;
    probe()
      .catch(() => {
        // Its answer broke off while it was thrown away, or it was stopped, and then nobody asks any more.
        failures++;
      })
      .finally(() => {
        isRunning = false;
      });
  }

  run();
  const stop = every(probeMilliseconds, run);
  return () => {
    stop();
    isStopped.abort();
  };
}

/**
 * Nothing is kept of the answer, and each probe has a connection of its own: it is to see whether there is one. `isOfHealth`: an
 * error of any kind is no "well". Null where it tells nothing.
 */
export async function probeOnce(
  forward: Forward,
  asked: Pick<OriginRequest, "method" | "target">,
  isOfHealth: boolean,
  stopped?: AbortSignal,
): Promise<Sign | null> {
  const abort = new AbortController();
  const onStopped = () => abort.abort();
  stopped?.addEventListener("abort", onStopped, { once: true });
  const fields = new Headers({ accept: "*/*", "user-agent": pseudonym, connection: "close" });
  try {
    const answer = await forward({ ...asked, fields, body: null }, abort);
    if (answer.ok) await answer.response.body?.cancel();
    return isOfHealth ? signOfProbe(answer) : signOf(answer);
  } finally {
    stopped?.removeEventListener("abort", onStopped);
  }
}
