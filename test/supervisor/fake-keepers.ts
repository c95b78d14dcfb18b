import type { FromKeeper, ToKeeper } from "../../src/control/keeper-messages.ts";
import { createFakeChildren, type FakeChild, type FakeChildren } from "./fake-children.ts";

/** A keeper whose every word the test says. */
export type FakeKeeper = FakeChild<ToKeeper, FromKeeper>;

export function createFakeKeepers(): FakeChildren<ToKeeper, FromKeeper> {
  return createFakeChildren<ToKeeper, FromKeeper>();
}

/** Says what a keeper says that has opened its index. */
export function introduce(keeper: FakeKeeper): void {
  keeper.say({ kind: "hello" });
  keeper.say({ kind: "ready" });
}

/** Answers the removal it was asked for last. */
export function answerRemoval(
  keeper: FakeKeeper,
  {
    count: complete,
    ...answer
  }: { readonly count: number; readonly number: number; readonly error?: string },
): void {
  keeper.say({ kind: "removed", request: keeper.heard("remove").request, complete, partial: 0, ...answer });
}
