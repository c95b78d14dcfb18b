import { describe, expect, test } from "bun:test";
import { asksOfPresent } from "../../src/rules/conditionals.ts";
import { hasPreconditions, isUnmodified, notModifiedFields } from "../../src/rules/preconditions.ts";
import { dateIn, type Fields, now, policyFor, reader } from "./exchange.ts";

const strong = policyFor({ etag: '"a"', "last-modified": dateIn(-100), date: dateIn(-50) });
const weak = policyFor({ etag: 'W/"a"' });
const dated = policyFor({ "last-modified": dateIn(-100), date: dateIn(-50) });
const plain = policyFor({ "cache-control": "max-age=60", date: dateIn(-50) });

describe("a stored response is unmodified by If-None-Match, else by If-Modified-Since (RFC 9110 §13.2.2)", () => {
  const cases: [unmodified: boolean, policy: typeof strong, request: Fields][] = [
    [false, strong, {}],
    [true, strong, { "if-none-match": '"a"' }],
    [true, strong, { "if-none-match": 'W/"a"' }],
    [true, weak, { "if-none-match": '"a"' }],
    [true, strong, { "if-none-match": '"x, y", "a"' }],
    [true, strong, { "if-none-match": ['"x"', '"a", "z"'] }],
    [true, strong, { "if-none-match": '"back\\", "a"' }],
    [true, plain, { "if-none-match": "*" }],
    [false, strong, { "if-none-match": '"b"' }],
    [false, strong, { "if-none-match": "a" }],
    [false, strong, { "if-none-match": 'w/"a"' }],
    [false, strong, { "if-none-match": '"x "a"' }],
    [false, plain, { "if-none-match": '"a"' }],
    [false, strong, { "if-none-match": '"b"', "if-modified-since": dateIn(0) }],
    [true, strong, { "if-none-match": '"a"', "if-modified-since": dateIn(-1000) }],
    [true, dated, { "if-modified-since": dateIn(-100) }],
    [true, dated, { "if-modified-since": dateIn(-99) }],
    [true, dated, { "if-modified-since": "Thursday, 15-Jan-26 12:00:00 GMT" }],
    [false, dated, { "if-modified-since": dateIn(-101) }],
    [false, dated, { "if-modified-since": "foo" }],
    [true, plain, { "if-modified-since": dateIn(-50) }],
    [false, plain, { "if-modified-since": dateIn(-51) }],
    [false, strong, { "if-match": '"b"' }],
    [false, strong, { "if-unmodified-since": dateIn(-1000) }],
    [true, strong, { "if-match": '"b"', "if-none-match": '"a"' }],
  ];
  test.each(cases)("%p: %#", (unmodified, policy, request) => {
    expect(isUnmodified(reader(request), { status: 200, policy }, now)).toBe(unmodified);
  });
});

test.each([301, 404, 500])("conditions mean nothing to a stored %p (RFC 9110 §13.2.1)", (status) => {
  const request = reader({ "if-none-match": '"a"' });
  expect(isUnmodified(request, { status, policy: strong }, now)).toBe(false);
});

test("there are two conditions for caches to judge, and two that are the origin's", () => {
  const names = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "range",
  ];
  const having = (judged: (request: Headers) => boolean) =>
    names.filter((name) => judged(reader({ [name]: "x" })));
  expect(having(hasPreconditions)).toEqual(["if-none-match", "if-modified-since"]);
  expect(having(asksOfPresent)).toEqual(["if-match", "if-unmodified-since"]);
});

describe("a 304 carries what is not about the body (RFC 9110 §15.4.5)", () => {
  const kept = [
    "cache-control",
    "content-location",
    "date",
    "etag",
    "expires",
    "vary",
    "content-security-policy",
    "x-a",
  ];
  const dropped = ["content-type", "content-length", "content-encoding", "content-language", "content-range"];
  const fieldsOf = (names: string[]) => names.map((name) => [name, "x"] as const);

  test("with the ETag", () => {
    const fields = notModifiedFields(fieldsOf([...kept, ...dropped, "last-modified"]));
    expect(fields).toEqual(fieldsOf(kept));
  });

  test("or with Last-Modified where there is no ETag", () => {
    expect(notModifiedFields(fieldsOf(["date", "last-modified"]))).toEqual(
      fieldsOf(["date", "last-modified"]),
    );
  });
});
