import type { Cause, CauseTarget, Volume } from "../../../src/control/cacheability.ts";
import { noVolume, sumOf } from "../../../src/control/volume.ts";

/** Causes as they are counted, for tests of what is made of them. */

export function times(requests: number, milliseconds = requests * 100): Volume {
  return { requests, milliseconds, bytes: requests * 1000 };
}

/** A page that was asked for ten times by three clients, unless something else is said. */
export function seen(path: string, said: Partial<CauseTarget> = {}, type = "text/html"): CauseTarget {
  return {
    site: "shop",
    forwarded: "miss",
    reason: "no-lifetime",
    url: `http://shop.example${path}`,
    all: times(10),
    again: times(9),
    clients: 3,
    bodies: 1,
    evidence: { method: "GET", status: 200, requestFields: [], responseFields: [["content-type", type]] },
    ...said,
  };
}

/** The same, answered with these fields as well, or in place of those of that name. */
export function answered(
  path: string,
  fields: CauseTarget["evidence"]["responseFields"],
  said: Partial<CauseTarget> = {},
  requestFields: CauseTarget["evidence"]["requestFields"] = [],
): CauseTarget {
  const page = seen(path, said);
  const names = new Set(fields.map(([name]) => name));
  const others = page.evidence.responseFields.filter(([name]) => !names.has(name));
  const responseFields = [...others, ...fields];
  return { ...page, evidence: { ...page.evidence, responseFields, requestFields } };
}

/** One for each reason that the targets have. */
export function causesOf(targets: readonly CauseTarget[], isAvoidable = true): Cause[] {
  const byCause = Map.groupBy(targets, ({ site, forwarded, reason }) => `${site} ${forwarded} ${reason}`);
  return [...byCause.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { site, forwarded, reason } = first;
    const all = sumOf(members.map((each) => each.all));
    const again = sumOf(members.map((each) => each.again));
    const avoidable = isAvoidable ? again : noVolume;
    const told = { isAvoidable, avoidable, sentences: [], advice: [], targets: members };
    return [{ site, forwarded, reason, all, again, ...told }];
  });
}
