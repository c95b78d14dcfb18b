import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { primaryKey as keyOf } from "../../src/rules/cache-key.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { concerns, type Selectable, selects } from "../../src/store/selecting.ts";
import type { Selector } from "../../src/store/tier.ts";
import { policy } from "./samples.ts";

function response(target: string): Selectable {
  return { primaryKey: keyOf({ target, host: "a.example" }), variantKey: "", policy: policy() };
}

const primaryKey = keyOf({
  ...{ target: "/page", host: "a.example", site: "shop", scheme: "https" },
  marks: ["rule:members"],
});
const page: Selectable = { primaryKey, variantKey: "gzip", policy: policy({ groups: ["news"] }) };

describe("a removal concerns what was asked for before it, and nothing that it does not name", () => {
  test.each<[Selector, boolean]>([
    [{ by: "key", primaryKey }, true],
    [{ by: "key", primaryKey: "/page b.example" }, false],
    [{ by: "variant", primaryKey, variantKey: "gzip" }, true],
    [{ by: "variant", primaryKey, variantKey: "br" }, false],
    [{ by: "target", target: "/page", host: null, site: null }, true],
    [{ by: "target", target: "/page", host: "a.example", site: null }, true],
    [{ by: "target", target: "/page", host: null, site: "shop" }, true],
    [{ by: "target", target: "/page", host: "a.example", site: "shop" }, true],
    [{ by: "target", target: "/page", host: "b.example", site: "shop" }, false],
    [{ by: "target", target: "/page", host: "a.example", site: "" }, false],
    [{ by: "target", target: "/page", host: null, site: "blog" }, false],
    [{ by: "target", target: "/pag", host: null, site: null }, false],
    [{ by: "prefix", targetPrefix: "/p", host: null, site: null }, true],
    [{ by: "prefix", targetPrefix: "/p", host: "a.example", site: "shop" }, true],
    [{ by: "prefix", targetPrefix: "/p", host: "b.example", site: null }, false],
    [{ by: "prefix", targetPrefix: "/p", host: "a.example", site: "blog" }, false],
    [{ by: "prefix", targetPrefix: "/q", host: null, site: null }, false],
    [{ by: "group", group: "news", host: null, site: null }, true],
    [{ by: "group", group: "news", host: "a.example", site: "shop" }, true],
    [{ by: "group", group: "news", host: null, site: "shop" }, true],
    [{ by: "group", group: "news", host: "b.example", site: "shop" }, false],
    [{ by: "group", group: "news", host: null, site: "" }, false],
    [{ by: "group", group: "sport", host: null, site: null }, false],
    [{ by: "all" }, true],
  ])("%j: %p", (selector, isNamed) => {
    const removals = createRemovals(1);
    removals.note(selector, 5);
    expect(removals.concernSince(page, 4)).toBe(isNamed);
    expect(removals.concernSince(page, 5)).toBe(false);
    // Which groups lie under a key it does not know.
    const mayBeUnder = selector.by === "group" || concerns(selector, primaryKey);
    expect(removals.concernKeySince(primaryKey, 4)).toBe(mayBeUnder);
    expect(removals.concernKeySince(primaryKey, 5)).toBe(false);
  });
});

describe("whatever is removed", () => {
  const target = fc.constantFrom("/", "/a", "/ab", "/b?c", "");
  const host = fc.constantFrom("a.example", "b.example", "");
  const site = fc.constantFrom("", "shop", "blog");
  const scheme = fc.constantFrom("http" as const, "https" as const);
  const marks = fc.uniqueArray(fc.constantFrom("rule:a", "cookie:b=c"));
  const whose = { host: fc.option(host), site: fc.option(site) };
  const variantKey = fc.constantFrom("", "gzip", "br");
  const group = fc.constantFrom("g", "h", "");
  const key = fc.record({ target, host, site, scheme, marks }).map(keyOf);
  const selector: fc.Arbitrary<Selector> = fc.oneof(
    fc.record({ by: fc.constant("key" as const), primaryKey: key }),
    fc.record({ by: fc.constant("variant" as const), primaryKey: key, variantKey }),
    fc.record({ by: fc.constant("target" as const), target, ...whose }),
    fc.record({ by: fc.constant("prefix" as const), targetPrefix: target, ...whose }),
    fc.record({ by: fc.constant("group" as const), group, ...whose }),
    fc.record({ by: fc.constant("all" as const) }),
  );
  const selectable = fc
    .record({ primaryKey: key, variantKey, groups: fc.uniqueArray(group) })
    .map(({ groups, ...rest }): Selectable => ({ ...rest, policy: policy({ groups }) }));

  test("no response that a removal names is taken for one that none names", () => {
    fc.assert(
      fc.property(
        fc.array(selector, { maxLength: 100, size: "max" }),
        fc.array(selectable, { minLength: 1, maxLength: 20 }),
        fc.nat(1000),
        fc.integer(),
        (selectors, responses, number, seed) => {
          const askedAfter = number % (selectors.length + 1);
          const removals = createRemovals(seed);
          for (const [place, each] of selectors.entries()) removals.note(each, place + 1);
          const since = selectors.slice(askedAfter);
          for (const each of responses) {
            if (since.some((removal) => selects(removal, each))) {
              expect(removals.concernSince(each, askedAfter)).toBe(true);
            }
            if (since.some((removal) => concerns(removal, each.primaryKey))) {
              expect(removals.concernKeySince(each.primaryKey, askedAfter)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  }, 20_000);
});

test("after 5,000 removals of other pages a page that was asked for before them is not taken for removed", () => {
  const removals = createRemovals(1);
  for (let i = 1; i <= 5000; i++) {
    removals.note({ by: "target", target: `/other/${i}`, host: null, site: null }, i);
    removals.note({ by: "key", primaryKey: `/else/${i} a.example` }, i);
    removals.note({ by: "group", group: `g${i}`, host: "a.example", site: null }, i);
  }
  expect(removals.concernSince(page, 0)).toBe(false);
});

describe("of more prefixes than are remembered", () => {
  const prefix = (i: number): Selector => ({ by: "prefix", targetPrefix: `/p${i}/`, host: null, site: null });

  test("the oldest counts for all there is, the others for themselves", () => {
    const removals = createRemovals(1);
    for (let i = 1; i <= 64; i++) removals.note(prefix(i), i);
    expect(removals.concernSince(page, 0)).toBe(false);
    removals.note(prefix(65), 65);
    expect(removals.concernSince(page, 0)).toBe(true);
    expect(removals.concernSince(page, 1)).toBe(false);
    expect(removals.concernSince(response("/p1/x"), 1)).toBe(false);
    expect(removals.concernSince(response("/p2/x"), 1)).toBe(true);
    expect(removals.concernSince(response("/p65/x"), 64)).toBe(true);
  });

  test("one that is removed again is as new as its last removal", () => {
    const removals = createRemovals(1);
    for (let i = 1; i <= 64; i++) removals.note(prefix(i), i);
    removals.note(prefix(1), 65);
    removals.note(prefix(66), 66);
    expect(removals.concernSince(page, 2)).toBe(false);
    expect(removals.concernSince(response("/p1/x"), 64)).toBe(true);
  });
});

test("which pages are taken for removed by chance depends on the seed, which nobody knows", () => {
  const takenForRemoved = (seed: number): Selectable[] => {
    const removals = createRemovals(seed);
    for (let i = 1; i <= 100_000; i++)
      removals.note({ by: "target", target: `/${i}`, host: null, site: null }, i);
    return pages.filter((each) => removals.concernSince(each, 0));
  };
  const pages = Array.from({ length: 200 }, (_, i) => response(`/other/${i}`));
  const [one, other] = [takenForRemoved(1), takenForRemoved(2)];
  expect(one.length).toBeGreaterThan(0);
  expect(one).not.toEqual(other);
});
