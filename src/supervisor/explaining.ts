import type { Explanation, ExplainRequest } from "../control/explanation.ts";
import type { Fleet } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";

/** For a worker that is only asked. */
const TELL_MILLISECONDS = 2_000;
/** For one that asks the origin, which waits a little less for that: see worker/explained-entries. */
const FETCH_MILLISECONDS = 12_000;

type Workers = Pick<Fleet, "askOne" | "status">;

/**
 * What a worker says would become of a request: the first that says anything, so that one which hangs keeps nobody waiting.
 * Only one asks the origin: the one that has just shown that it can tell.
 */
export async function explainBy(workers: Workers, asked: ExplainRequest): Promise<Explanation> {
  const first = await firstToTell(workers, { ...asked, fetch: false });
  if (!asked.fetch) return first.explanation;
  return await tell(workers, first.worker, asked, FETCH_MILLISECONDS);
}

/** Rejects with what the first of them has said where none can tell. */
async function firstToTell(workers: Workers, asked: ExplainRequest) {
  const numbers = workers.status().map(({ number }) => number);
  if (numbers.length === 0) throw silent();
  const answers = numbers.map(async (worker) => ({
    worker,
    explanation: await tell(workers, worker, asked, TELL_MILLISECONDS),
  }));
  try {
    return await Promise.any(answers);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

async function tell(
  workers: Workers,
  worker: number,
  asked: ExplainRequest,
  milliseconds: number,
): Promise<Explanation> {
  const answer = await workers.askOne(worker, { about: "explain", asked }, milliseconds);
  if (answer === undefined) throw silent();
  return answer.explanation;
}

function silent(): FleetError {
  return new FleetError("no worker says what would become of the request; ask again in a moment");
}
