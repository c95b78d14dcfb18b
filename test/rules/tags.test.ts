import { describe, expect, test } from "bun:test";
import { areTooMany, tagAsSent, tagFields, tagsOf } from "../../src/rules/tags.ts";
import { decide, type Fields, policyFor, reader } from "./exchange.ts";

/** The bytes of UTF-8 as fields are read: each is one character. */
function asRead(text: string): string {
  return Buffer.from(text).toString("latin1");
}

describe("the names of a response, as each product writes them", () => {
  test.each<[product: string, fields: Fields, tags: string[]]>([
    ["Fastly", { "surrogate-key": "post-1 post-list home" }, ["post-1", "post-list", "home"]],
    ["Fastly, with a comma in a name", { "surrogate-key": "a,b c" }, ["a,b", "c"]],
    ["Cloudflare", { "cache-tag": "tag1,tag2,tag3" }, ["tag1", "tag2", "tag3"]],
    ["Cloudflare, with spaces", { "cache-tag": "tag1, tag2 ,\ttag3" }, ["tag1", "tag2", "tag3"]],
    ["KeyCDN", { "cache-tag": "product category-2" }, ["product", "category-2"]],
    [
      "Drupal's purge module",
      { "purge-cache-tags": "config:user.role.anonymous node:1 node_list:article rendered" },
      ["config:user.role.anonymous", "node:1", "node_list:article", "rendered"],
    ],
    ["Drupal's varnish_purge_tags", { "cache-tags": "node:1 node_view" }, ["node:1", "node_view"]],
    ["FOSHttpCache", { "x-cache-tags": "news-1,news-list" }, ["news-1", "news-list"]],
    ["FOSHttpCache, with a space in a name", { "x-cache-tags": "my news,list" }, ["my news", "list"]],
    ["FOSHttpCache for xkey", { xkey: "news-1 news-list" }, ["news-1", "news-list"]],
    ["the xkey module's own example", { xkey: "8155054, 166412 234323" }, ["8155054", "166412", "234323"]],
    [
      "Magento",
      { "x-magento-tags": "cat_c_3,cat_c_p_3,store,cms_b" },
      ["cat_c_3", "cat_c_p_3", "store", "cms_b"],
    ],
    ["RFC 9875", { "cache-groups": '"a b", "c"' }, ["a b", "c"]],
  ])("%s", (_, fields, tags) => {
    expect(tagsOf(reader(fields))).toEqual(tags);
    expect(policyFor({ "cache-control": "max-age=9", ...fields }).tags).toEqual(tags);
  });

  test.each([...tagFields.keys()])(
    "%s in two lines has the names of both, without a comma at an end",
    (field) => {
      expect(tagsOf(reader({ [field]: ["a", "b"] }))).toEqual(["a", "b"]);
      expect(tagsOf(reader({ [field]: ["a,", ", b,"] }))).toEqual(["a", "b"]);
    },
  );

  test.each([...tagFields.keys()])("%s without a name has none", (field) => {
    for (const value of ["", " ", ",", " , ,, "]) expect(tagsOf(reader({ [field]: value }))).toEqual([]);
  });

  test("case counts, and each is there once, whichever fields have it", () => {
    const fields = { "surrogate-key": "b A a A", "cache-tag": "a,c", "cache-groups": '"b"' };
    expect(tagsOf(reader(fields))).toEqual(["b", "A", "a", "c"]);
    expect(policyFor({ "cache-control": "max-age=9", ...fields }).groups).toEqual(["b"]);
  });

  test.each([...tagFields.keys()])("%s may have names in UTF-8, of which no byte is a space", (field) => {
    const name = asRead("voilà");
    const values = new Map([[field, `a, ${name}`]]);
    expect(tagsOf({ get: (asked) => values.get(asked) ?? null })).toEqual(["a", name]);
    expect(tagAsSent("voilà")).toBe(name);
    expect(tagAsSent("plain-1")).toBe("plain-1");
  });

  test.each([...tagFields.keys()])("%s takes time that grows with its text alone", (field) => {
    for (const character of [" ", ",", "\t", ", "]) {
      const value = `a${character.repeat(1_000_000 / character.length)}b`;
      const began = performance.now();
      tagsOf({ get: (asked) => (asked === field ? value : null) });
      expect(performance.now() - began).toBeLessThan(2_000);
    }
  });
});

describe("a response with more names than a purge would find", () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`).join(" ");
  const long = (length: number) => `${"x".repeat(length - 1)} y`;

  test.each<[fields: Fields, isStored: boolean]>([
    [{ "surrogate-key": names(1000) }, true],
    [{ "surrogate-key": names(1001) }, false],
    [{ "surrogate-key": names(600), "cache-tag": names(600) }, true],
    [{ "surrogate-key": names(1000), "cache-groups": '"another"' }, false],
    [{ "surrogate-key": long(65_536) }, true],
    [{ "surrogate-key": long(65_537) }, false],
  ])("%#: is not stored", (fields, isStored) => {
    const { storable, reason } = decide({ "cache-control": "max-age=9", ...fields });
    expect({ storable, reason }).toEqual({
      storable: isStored,
      reason: isStored ? "stored-explicit" : "too-many-tags",
    });
    expect(areTooMany(tagsOf(reader(fields)))).toBe(!isStored);
  });
});
