import { describe, expect, test } from "bun:test";
import { entriesQuerySchema, wishOf, writeCursor } from "../../src/control/entries-query.ts";

const read = (query: Record<string, string>) => wishOf(entriesQuerySchema.parse(query));
const any = { least: null, most: null };

describe("a query says", () => {
  test.each([
    [{}, { sort: "key", isReversed: false, limit: 50, after: null }],
    [
      { sort: "left", reverse: "true", limit: "1000" },
      { sort: "left", isReversed: true, limit: 1000 },
    ],
    [{ larger: "10KB" }, { wanted: { size: { least: 10_240, most: null } } }],
    [{ smaller: "1.5MB" }, { wanted: { size: { least: null, most: 1_572_864 } } }],
    [{ older: "2h", younger: "1d" }, { wanted: { age: { least: 7200, most: 86_400 } } }],
    [{ "fresh-for": "30s" }, { wanted: { left: { least: 30, most: null } } }],
    [{ "ends-within": "5m" }, { wanted: { left: { least: null, most: 300 } } }],
    [{ "unused-for": "1m" }, { wanted: { unusedFor: { least: 60_000, most: null } } }],
    [{ "used-within": "1m" }, { wanted: { unusedFor: { least: null, most: 60_000 } } }],
    [{ "hits-over": "10" }, { wanted: { hits: { least: 11, most: null } } }],
    [
      { "hits-over": "0", "hits-under": "2" },
      { sort: "key", wanted: { hits: { least: 1, most: 1 } } },
    ],
    [{ status: "404" }, { wanted: { status: { least: 404, most: 404 } } }],
    [{ status: "4xx" }, { wanted: { status: { least: 400, most: 499 } } }],
    [{ type: "Image/*" }, { wanted: { type: "image/*", status: any } }],
    [{ stale: "false", partial: "true" }, { wanted: { isStale: false, isPartial: true } }],
    [{ tag: "é" }, { wanted: { tag: "Ã©" } }],
  ] as const)("%j", (query, expected) => {
    expect(read(query)).toMatchObject(expected);
  });
});

describe("a query is not understood, and says why in one line", () => {
  test.each([
    [{ larger: "10" }, "should be a size such as 10KB or 1.5MB"],
    [{ older: "yesterday" }, "should be a time such as 30s, 5m or 2h"],
    [{ status: "4x" }, "should be a status such as 404 or 4xx"],
    [{ type: "html" }, "should be a type such as text/html or image/*"],
    [{ "hits-over": "many" }, "should be a number of hits such as 100"],
    [{ limit: "0" }, "should be a number from 1 to 1000"],
    [{ limit: "1001" }, "should be a number from 1 to 1000"],
    [{ path: "a" }, "should begin with a slash, as /a does"],
    [{ url: "/a" }, "should be a whole URL such as http://example.com/a"],
    [{ colour: "red" }, 'Unrecognized key: "colour"'],
  ])("%j", (query, message) => {
    const { error } = entriesQuerySchema.safeParse(query);
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});

describe("a cursor", () => {
  const position = { value: -17, key: "/a h", variant: "accept:é" };

  test("is read as it was written", () => {
    const after = writeCursor({ sort: "size", isReversed: true }, position);
    expect(after).toMatch(/^[\w-]+$/);
    expect(read({ sort: "size", reverse: "true", after })?.after).toEqual(position);
  });

  test.each([
    ["of another order", { sort: "age", reverse: "true" }],
    ["of the other direction", { sort: "size" }],
  ])("%s is none", (_, query) => {
    const after = writeCursor({ sort: "size", isReversed: true }, position);
    expect(read({ ...query, after })).toBeUndefined();
  });

  test.each([
    "",
    "zzz",
    Buffer.from('["key"]').toString("base64url"),
    Buffer.from("7").toString("base64url"),
  ])("%j is none", (after) => expect(read({ after })).toBeUndefined());
});
