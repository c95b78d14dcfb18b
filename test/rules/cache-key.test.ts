import { describe, expect, test } from "bun:test";
import { isKeyOfHost, primaryKey, targetOfKey } from "../../src/rules/cache-key.ts";

test("the key is of target and host, and tells queries apart", () => {
  expect(primaryKey({ host: "a.example:81", target: "/a?b" })).toBe("/a?b a.example:81");
  expect(primaryKey({ host: "", target: "/a?b" })).toBe("/a?b ");
  expect(primaryKey({ host: "", target: "/a?b" })).not.toBe(primaryKey({ host: "", target: "/a?B" }));
});

test("no target is mistaken for one of another host", () => {
  expect(primaryKey({ host: "", target: "/a/example.org" })).not.toBe(
    primaryKey({ host: "example.org", target: "/a/" }),
  );
});

describe.each<[host: string, target: string]>([
  ["a.example", "/a?b"],
  ["", "/a"],
])("what a key is of: host %j, target %j", (host, target) => {
  const key = primaryKey({ host, target });

  test("its target", () => expect(targetOfKey(key)).toBe(target));

  test("its host, and no other that ends likewise", () => {
    expect(isKeyOfHost(key, host)).toBe(true);
    expect(isKeyOfHost(key, null)).toBe(true);
    expect(isKeyOfHost(key, `www.${host}`)).toBe(false);
    expect(isKeyOfHost(key, "example")).toBe(false);
  });
});
