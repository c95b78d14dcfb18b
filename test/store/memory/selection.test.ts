import { describe, expect, test } from "bun:test";
import { pack } from "../../../src/store/memory/packing.ts";
import { selectionOf } from "../../../src/store/memory/selection.ts";
import { createSharing } from "../../../src/store/memory/sharing.ts";
import type { Selector } from "../../../src/store/tier.ts";
import { selects } from "../../../src/store/selecting.ts";
import { bytesOf, newId, newResponse, policy } from "../samples.ts";
import { storedAs } from "../../../src/store/tier.ts";

const everywhere = { host: null, site: null };
const own = { host: "a.example", site: "shop" };
const manyTags: Selector[] = Array.from({ length: 20 }, (_, number) => ({
  ...{ by: "tag", tag: `tag ${number}`, ...everywhere },
}));

const responses = [
  ["/a @shop a.example", "", [], []],
  ["/a b.example", "gzip", ["news"], ["news"]],
  ["/img/1.png @shop a.example", "", [], ['a "b" \\c', "tag 19"]],
  ["/img/x/2.png @shop b.example", "", [], ["news"]],
].map(([primaryKey, variantKey, groups, tags]) =>
  storedAs(
    newResponse({
      primaryKey: primaryKey as string,
      variantKey: variantKey as string,
      policy: policy({ groups: groups as string[], tags: tags as string[] }),
    }),
    newId(),
    1,
    1,
  ),
);

describe("removals that go through the memory together name what one of them names", () => {
  test.each<{ selectors: readonly Selector[] }>([
    { selectors: [] },
    { selectors: [{ by: "all" }] },
    { selectors: [{ by: "key", primaryKey: "/a b.example" }] },
    { selectors: [{ by: "variant", primaryKey: "/a b.example", variantKey: "gzip" }] },
    { selectors: [{ by: "variant", primaryKey: "/a b.example", variantKey: "br" }] },
    { selectors: [{ by: "target", target: "/a", ...everywhere }] },
    { selectors: [{ by: "prefix", targetPrefix: "/img/", ...own }] },
    { selectors: [{ by: "glob", glob: "/img/*.png", ...everywhere }] },
    { selectors: [{ by: "group", group: "news", ...everywhere }] },
    { selectors: [{ by: "tag", tag: "news", ...everywhere }] },
    { selectors: [{ by: "tag", tag: 'a "b" \\c', ...own }] },
    { selectors: [{ by: "tag", tag: "tag", ...everywhere }] },
    { selectors: manyTags },
    { selectors: [...manyTags, { by: "group", group: "news", ...own }] },
    {
      selectors: [
        { by: "tag", tag: "news", host: "b.example", site: "shop" },
        { by: "target", target: "/a", ...own },
      ],
    },
  ])("%j", ({ selectors }) => {
    const selection = selectionOf(selectors);
    for (const response of responses) {
      const isNamed = selectors.some((selector) => selects(selector, response));
      expect([response.primaryKey, selection.names(response)]).toEqual([response.primaryKey, isNamed]);
      const body = { kind: "memory", bytes: bytesOf(1) } as const;
      const { text } = pack([{ response, body, ready: undefined, hits: 0 }], createSharing());
      // What is packed may be looked at in vain, but nothing that is named is left out.
      const isSeen = selection.mayName({ primaryKey: response.primaryKey, text } as never);
      if (isNamed) expect(isSeen).toBe(true);
    }
  });
});
