import type { BodyReader } from "../../origin/body.ts";
import type { ReasonName } from "../../rules/reason.ts";
import type { Found } from "../../store/tier.ts";
import { type Begun, begin } from "../answer/begin.ts";
import type { ServeContext } from "../context.ts";
import type { FillResponse } from "./landing.ts";
import { late, timeLimit } from "../answer/time-limit.ts";

/** What a client gets of a fill that has begun. */
export type BegunFill =
  | { readonly kind: "stored"; readonly found: Found }
  | { readonly kind: "unstored"; readonly reason: ReasonName; readonly begun: Begun }
  | { readonly kind: "flowing"; readonly body: BodyReader }
  /** Nothing of it may be sent. */
  | { readonly kind: "broken"; readonly error: unknown };

/**
 * Waits until a fill has begun, as `begin` does; what has come whole by then is in the store, if that has taken it. `body` is
 * one client's.
 */
export async function beginFill(
  context: ServeContext,
  { fill, announcedSize: announced }: FillResponse,
  body: BodyReader,
): Promise<BegunFill> {
  const { collectSize, quickCollectSize } = context.options;
  if (announced !== null && announced <= collectSize) return ended(body);
  try {
    const first = await begin(context, body, null);
    if (first.kind === "whole") return await ended(body);
    if (announced === null || announced > quickCollectSize) return first;
    return (await endedInTime(first.body)) ?? first;
  } catch (error) {
    return { kind: "broken", error };
  }

  async function endedInTime(rest: BodyReader): Promise<BegunFill | undefined> {
    const limit = timeLimit(context.collecting);
    limit.begin();
    try {
      return (await limit.within(fill.outcome)) === late ? undefined : await ended(rest);
    } finally {
      limit.end();
    }
  }

  async function ended(rest: BodyReader): Promise<BegunFill> {
    const outcome = await fill.outcome;
    if (outcome.kind === "unstored") return { ...outcome, begun: await begin(context, rest, announced) };
    await rest.cancel();
    return outcome;
  }
}
