import { describe, expect, test } from "bun:test";
import {
  hasMarks,
  hostOfKey,
  isKeyOf,
  isKeyOfTarget,
  type KeyScope,
  keyEnding,
  marksEnding,
  pageOfKey,
  primaryKey,
  siteOfKey,
  targetOfKey,
} from "../../src/rules/cache-key.ts";

const marks = ["rule:members", "cookie:lang=de"];

test.each<[KeyScope, ending: string]>([
  [{ host: "a.example:81" }, " a.example:81"],
  [{ host: "" }, " "],
  [{ host: "a.example", site: "", scheme: "http", marks: [] }, " a.example"],
  [{ host: "a.example", scheme: "https" }, " a.example +https"],
  [{ host: "a.example", site: "shop" }, " @shop a.example"],
  [{ host: "", site: "shop", scheme: "https" }, " @shop  +https"],
  [{ host: "a.example", marks }, " a.example +cookie:lang=de +rule:members"],
  [
    { host: "a.example", site: "shop", scheme: "https", marks },
    " @shop a.example +https +cookie:lang=de +rule:members",
  ],
])("the key is the target, and of %j the ending %j", (scope, ending) => {
  expect(keyEnding(scope)).toBe(ending);
  expect(primaryKey({ target: "/a?b", ...scope })).toBe(`/a?b${ending}`);
});

test("the ending of the marks comes after that of the host", () => {
  const scope = { host: "a.example", site: "shop", scheme: "https" } as const;
  expect(keyEnding(scope) + marksEnding(marks)).toBe(keyEnding({ ...scope, marks }));
  expect(marksEnding([])).toBe("");
});

test("the order of marks does not matter, and is left to who gave them", () => {
  const given = [...marks];
  expect(keyEnding({ host: "a", marks: given })).toBe(keyEnding({ host: "a", marks: [...marks].reverse() }));
  expect(given).toEqual(marks);
});

test("no target is mistaken for one of another host, and queries are told apart", () => {
  const keys = [
    primaryKey({ host: "", target: "/a/example.org" }),
    primaryKey({ host: "example.org", target: "/a/" }),
    primaryKey({ host: "", target: "/a?b" }),
    primaryKey({ host: "", target: "/a?B" }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

const scopes: KeyScope[] = ["a.example", "a.example:81", "", "+https", "+rule:a"].flatMap((host) =>
  ["", "shop", "s"].flatMap((site) =>
    (["http", "https"] as const).flatMap((scheme) =>
      [[], marks].map((some) => ({ host, site, scheme, marks: some })),
    ),
  ),
);

describe.each(scopes)("of %j", (scope) => {
  const key = primaryKey({ target: "/a?b", ...scope });
  const { host, site = "" } = scope;

  test("target, host and site are told by the key", () => {
    expect([targetOfKey(key), hostOfKey(key), siteOfKey(key)]).toEqual(["/a?b", host, site]);
  });

  test("it is of a page as the other scheme and other marks are of it, and tells whether it has marks", () => {
    expect(pageOfKey(key)).toBe(primaryKey({ target: "/a?b", host, site }));
    expect(hasMarks(key)).toBe(scope.marks !== undefined && scope.marks.length > 0);
  });

  test("it is of its target, and of none that only begins so or goes on", () => {
    expect(["/a?b", "/a?", "/a?bc", "/", ""].filter((each) => isKeyOfTarget(key, each))).toEqual(["/a?b"]);
  });

  test("it is of its host, and of none that begins or ends likewise", () => {
    const others = [
      `www.${host}`,
      `${host}.evil`,
      "example",
      "a.exampl",
      "b.example",
      "+http",
      "@s",
      "@shop",
    ];
    expect([host, ...others].filter((each) => isKeyOf(key, { host: each, site: null }))).toEqual([host]);
    expect(isKeyOf(key, { host: null, site: null })).toBe(true);
  });

  test("it is of its site, and of none that begins or ends likewise", () => {
    const sites = ["", "shop", "s", "sho", "shopx", "hop", "+https"];
    expect(sites.filter((each) => isKeyOf(key, { host: null, site: each }))).toEqual([site]);
    expect(sites.filter((each) => isKeyOf(key, { host, site: each }))).toEqual([site]);
    expect(isKeyOf(key, { host: "b.example", site })).toBe(false);
  });
});
