import { brokenBody } from "../../origin/failure.ts";
import { type Forwarding, pastPieces, type Step } from "../step.ts";

/** What is held is of another representation than what is missing, as the origin says in the middle of an answer of both. */
export class RepresentationChanged extends Error {
  override readonly name = "RepresentationChanged";
}

/** What follows when a body has broken off and its client has seen nothing of it yet. */
export function afterBroken(why: Forwarding, error: unknown): Step {
  if (error instanceof RepresentationChanged) {
    // The pieces it was to be made of are of the past: the answer is the origin's alone.
    return { step: "fetch", why: pastPieces(why), leader: null };
  }
  return { step: "failure", why, failure: brokenBody(error) };
}
