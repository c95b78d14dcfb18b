import { expect, test } from "bun:test";
import { groupsOf, whoseAdvice } from "../../../src/cli/report/suspect-groups.ts";
import type { Suspect } from "../../../src/control/report.ts";

function suspect(url: string, change: Partial<Suspect> = {}): Suspect {
  const advice = [{ where: "file" as const, text: "Add a rule:", copy: `if = { path = "${url}" }` }];
  return { site: "shop", url, signs: ["it is a picture"], requests: 1, advice, ...change };
}

test("what looks so by the same, and of which the same would be changed, is told together, site by site", () => {
  const suspects = [
    suspect("/a"),
    suspect("/b", { signs: ["it is a page"] }),
    suspect("/c"),
    suspect("/d", { site: "blog" }),
    suspect("/e", { advice: [] }),
  ];
  const groups = groupsOf(suspects).map((group) => [
    group.suspects.map(({ url }) => url).join(),
    whoseAdvice(group),
  ]);
  expect(groups).toEqual([
    ["/a,/c", "For the first, and likewise for the others:"],
    ["/b", ""],
    ["/d", ""],
    ["/e", ""],
  ]);
  expect(groupsOf(suspects)[0]?.advice).toEqual(suspect("/a").advice);
});
