import { expect, test } from "bun:test";
import { entriesQuerySchema } from "../../src/control/entries-query.ts";
import { searchNames, searchOf } from "../../src/page/entries/search.ts";

test.each<[typed: string, query: Record<string, string>]>([
  ["", {}],
  ["  ", {}],
  ["/img/", { prefix: "/img/" }],
  ["https://shop.test/img", { prefix: "https://shop.test/img" }],
  ["/img/*.png", { glob: "/img/*.png" }],
  ["logo", { glob: "/**logo**" }],
  ["main.css stale", { glob: "/**main.css**", stale: "true" }],
  ["fresh partial", { stale: "false", partial: "true" }],
  ["404", { status: "404" }],
  ["4xx image/*", { status: "4xx", type: "image/*" }],
  ["img/logo.png", { glob: "/**img/logo.png**" }],
  ["tag:news host:shop.test:8080", { tag: "news", host: "shop.test:8080" }],
  ["url:http://shop.test/a?b=1", { url: "http://shop.test/a?b=1" }],
  ["fresh-for:5m larger:1MB", { "fresh-for": "5m", larger: "1MB" }],
  ["tag:", {}],
  ["stale:no partial:true", { stale: "false", partial: "true" }],
])("%j looks for %j", (typed, query) => {
  expect(searchOf(typed)).toEqual({ query });
  expect(entriesQuerySchema.safeParse(query).success).toBe(true);
});

test.each([
  ["tga:news", "tga: is not known; there are url, path"],
  ["/a /b", "prefix is said twice, by /a and /b; it should be said once"],
  ["logo /img/*", "glob is said twice, by /**logo** and /img/*"],
])("%j is refused: %s", (typed, error) => {
  expect(searchOf(typed)).toEqual({ error: expect.stringContaining(error) });
});

test("every name that can be typed is one that the list of stored responses has", () => {
  const others = ["sort", "reverse", "limit", "after"];
  expect(new Set<string>(searchNames)).toEqual(
    new Set(Object.keys(entriesQuerySchema.shape).filter((name) => !others.includes(name))),
  );
});
