import { expect, test } from "bun:test";
import { keyedTargets } from "../../src/sites/keyed-targets.ts";
import type { Site } from "../../src/sites/site.ts";
import { requestOf, site as planOfSite, verdictOf } from "./plans.ts";

const plan = planOfSite({ name: "shop" });
const plainVerdict = verdictOf({}, requestOf("/"));

/** A site whose rules, where it has some, rewrite targets so. */
function site(hasRequestRules: boolean, rewrite: (target: string, host: string) => string | null): Site {
  return {
    ...{ name: "shop", plan, hasRequestRules },
    forRequest: ({ target, host }) => ({ ...plainVerdict, target: rewrite(target, host) }),
  };
}

test.each<[what: string, Site, targets: string[]]>([
  ["a site without rules", site(false, () => "/never"), ["/A?b"]],
  ["rules that rewrite nothing", site(true, () => null), ["/A?b"]],
  ["rules that leave it as it is", site(true, (target) => target), ["/A?b"]],
  ["rules that rewrite it", site(true, (target) => target.toLowerCase()), ["/A?b", "/a?b"]],
  ["rules that go by the host", site(true, (_, host) => `/${host}`), ["/A?b", "/shop.example"]],
])("under which targets something is stored that is asked for as /A?b, with %s", (_, given, targets) => {
  expect(keyedTargets(given, "shop.example", "/A?b")).toEqual(targets);
});
