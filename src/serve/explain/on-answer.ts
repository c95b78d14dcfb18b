import type { Explanation, Facts, Fetched } from "../../control/explanation.ts";
import type { Answer } from "../answer/answer.ts";
import { explained } from "./explain.ts";
import { fieldLines } from "./field-lines.ts";
import { clauseOf, whyOf } from "./known-reasons.ts";

/** Fields in which an answer tells how it came about, a step each. They are numbered: of one name there is one line. */
const explainField = "X-Cache-Explain";

/**
 * Has an answer tell how it came about, to who may know; nothing else of it changes. `facts` are those from before: what
 * would become of the request, to which is added what the origin has said.
 */
export function explainOn(answer: Answer, facts: Facts, milliseconds: number): void {
  const fetched = fetchedOf(answer, facts, milliseconds);
  const told = explained({ ...facts, fetched });
  const lines = fieldLines(fetched === null ? withTelling(told, answer) : told);
  for (const [index, line] of lines.entries()) {
    answer.response.headers.set(`${explainField}-${String(index + 1).padStart(2, "0")}`, line);
  }
}

/** What the origin has said, as far as the answer tells it; null where that is not its own answer. */
function fetchedOf(
  { telling, forwarded, response }: Answer,
  { outcome }: Facts,
  milliseconds: number,
): Fetched | null {
  const { word, reason, facts } = telling;
  const isOfOrigin = word === "MISS" || word === "REVALIDATED" || word === "STALE" || word === "ERROR";
  if (forwarded === undefined || !isOfOrigin || reason === outcome.reason) return null;
  const isPassedOn = word === "MISS";
  return {
    status: facts.forwardStatus ?? null,
    failure: null,
    fields: isPassedOn ? [...response.headers] : null,
    // Where the fields do not say it, it is not known any more.
    framing: isPassedOn && response.headers.has("content-length") ? "length" : null,
    milliseconds,
    isStored: facts.stored === true,
    reason,
    lifetime: facts.timeToLive ?? null,
    lifetimeSource: null,
    rules: [...(facts.rules ?? [])],
  };
}

/** It came otherwise than it was to be expected: another request was faster, or what was stored has gone meanwhile. */
function withTelling(told: Explanation, { telling: { word, reason } }: Answer): Explanation {
  if (reason === told.outcome.reason) return told;
  const step = { about: "answer", text: `${word}. ${whyOf(reason)}`, clause: clauseOf(reason) };
  return { ...told, steps: [...told.steps, step] };
}
