import type { Deadline, Deadlines } from "../../origin/deadlines.ts";

/** What is said of work that did not end in time. */
export const late = Symbol("late");

/** A time for several pieces of work together, from `begin` to `end`. Work that takes longer goes on all the same. */
export interface TimeLimit {
  begin(): void;
  within<Result>(work: Promise<Result>): Promise<Result | typeof late>;
  end(): void;
}

export function timeLimit(deadlines: Deadlines): TimeLimit {
  const passed = Promise.withResolvers<typeof late>();
  let deadline: Deadline | undefined;
  return {
    begin() {
      deadline ??= deadlines.begin(() => passed.resolve(late));
    },
    within: (work) => (deadline === undefined ? work : Promise.race([passed.promise, work])),
    end() {
      if (deadline !== undefined) deadlines.end(deadline);
    },
  };
}
