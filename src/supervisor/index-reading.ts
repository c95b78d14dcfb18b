import { type ReadAnswer, type ReadRequest, readAnswerSchema } from "../control/entries-request.ts";
import { type Clock, within } from "../system/clock.ts";
import { bareEnvironment, type Environment, ownCommand } from "../system/own-program.ts";
import { FleetError } from "./fleet-error.ts";
import { createTurns } from "./turns.ts";

/** Has a process of its own answer one question, which it is handed as text. It is killed when the signal says so. */
export type RunReader = (asked: string, signal: AbortSignal) => Promise<string>;

/** Reads the index beside all who work with it: neither the keeper nor this process may wait for a million rows. */
export interface IndexReading {
  /** Until the signal says that nobody waits for it. Rejects with a `FleetError` when it cannot be told. */
  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer>;
  /** Ends what is under way, and begins nothing more. */
  stop(): void;
}

/** Each takes a core as long as it reads. */
const mostAtOnce = 2;
const mostWaiting = 32;
const READ_MILLISECONDS = 120_000;

export function createIndexReading(run: RunReader, clock: Clock): IndexReading {
  const stopped = new AbortController();
  const turns = createTurns(mostAtOnce, mostWaiting, "too many look at what is stored just now");

  async function readNow(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    const overdue = new AbortController();
    const ended = AbortSignal.any([signal, overdue.signal]);
    const patience = patienceFor(request);
    const said = await within(clock, patience, run(JSON.stringify(request), ended));
    overdue.abort();
    if (said !== undefined) return readAnswerSchema.parse(JSON.parse(said));
    throw new FleetError(
      `the index could not be looked through in ${patience / 1000} s; a prefix, a tag or the order of keys makes it less`,
    );
  }

  return {
    async read(request, signal) {
      const ended = AbortSignal.any([signal, stopped.signal]);
      const answer = await turns.take(() => readNow(request, ended), ended);
      if (answer.kind === "failure") throw new FleetError(answer.message);
      return answer;
    },
    stop: () => stopped.abort(),
  };
}

/** Who is told how long to look, and hangs, is not waited for as long as who looks through everything. */
function patienceFor(request: ReadRequest): number {
  return request.kind === "findings" ? 3 * request.milliseconds : READ_MILLISECONDS;
}

/** That process is this program once more. */
export function readerOf(cacheDirectory: string, environment: Environment): RunReader {
  return async (asked, signal) => {
    const child = Bun.spawn(ownCommand("reader", cacheDirectory), {
      env: bareEnvironment(environment),
      stdin: new Blob([asked]),
      stdout: "pipe",
      stderr: "inherit",
      signal,
      killSignal: "SIGKILL",
    });
    const [said, code] = await Promise.all([child.stdout.text(), child.exited]);
    if (code === 0) return said;
    throw new FleetError(`the process that reads the index ended with ${child.signalCode ?? code}`);
  };
}
