import { expect, test } from "bun:test";
import { primaryKey } from "../../src/rules/cache-key.ts";

test("the key is the target, and tells queries apart", () => {
  expect(primaryKey({ host: null, target: "/a?b" })).toBe("/a?b");
  expect(primaryKey({ host: null, target: "/a?b" })).not.toBe(primaryKey({ host: null, target: "/a?B" }));
});

test("a host is part of the key, whatever its case", () => {
  const key = primaryKey({ host: "Example.org:8080", target: "/a" });
  expect(key).toBe(primaryKey({ host: "example.org:8080", target: "/a" }));
  expect(key).not.toBe(primaryKey({ host: "example.com", target: "/a" }));
});

test("no target is mistaken for one of a host", () => {
  expect(primaryKey({ host: null, target: "//example.org/a" })).not.toBe(
    primaryKey({ host: "example.org", target: "/a" }),
  );
});
