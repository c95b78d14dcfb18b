import type { Suspect } from "../../control/report.ts";

/** Suspects that look so by the same signs, and of which the same would be changed. */
export interface SuspectGroup {
  readonly suspects: readonly Suspect[];
  readonly signs: readonly string[];
  /** As for the first of them. */
  readonly advice: Suspect["advice"];
}

/** In the order of the first of each; sites are not mixed. */
export function groupsOf(suspects: readonly Suspect[]): readonly SuspectGroup[] {
  const groups = Map.groupBy(suspects, ({ site, signs, advice }) =>
    JSON.stringify([site, signs, advice.map(({ text }) => text)]),
  );
  return Array.from(groups.values(), (group) => {
    const { signs = [], advice = [] } = group[0] ?? {};
    return { suspects: group, signs, advice };
  });
}

/** Said before the advice, which is for the first; "" where there is no other. */
export function whoseAdvice({ suspects, advice }: SuspectGroup): string {
  return suspects.length === 1 || advice.length === 0 ? "" : "For the first, and likewise for the others:";
}
