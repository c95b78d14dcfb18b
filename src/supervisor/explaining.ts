import type { Explanation, ExplainRequest } from "../control/explanation.ts";
import type { Fleet } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";

/** What an origin that is asked may take beside what a worker that is only asked may: see serve/explain/fetched. */
const FETCH_MILLISECONDS = 12_000;

/**
 * What a worker says would become of a request. One that does not answer is not waited for; only one asks the origin, for the
 * first that has shown that it can tell.
 */
export async function explainBy(
  fleet: Pick<Fleet, "ask" | "askOne">,
  asked: ExplainRequest,
): Promise<Explanation> {
  const [first] = await fleet.ask({ about: "explain", asked: { ...asked, fetch: false } });
  if (first === undefined) throw silent();
  if (!asked.fetch) return first.answer.explanation;
  const answer = await fleet.askOne(first.worker, { about: "explain", asked }, FETCH_MILLISECONDS);
  if (answer === undefined) throw silent();
  return answer.explanation;
}

function silent(): FleetError {
  return new FleetError("no worker says what would become of the request; ask again in a moment");
}
