import { describe, expect, test } from "bun:test";
import { fieldsOf } from "../../src/rules/fields.ts";
import {
  evaluatePreconditions,
  hasPreconditions,
  notModifiedFields,
  type Precondition,
} from "../../src/rules/preconditions.ts";
import { dateIn, type Fields, now, policyFor, reader } from "./exchange.ts";

const strong = policyFor({ etag: '"a"', "last-modified": dateIn(-100), date: dateIn(-50) });
const weak = policyFor({ etag: 'W/"a"' });
const dated = policyFor({ "last-modified": dateIn(-100), date: dateIn(-50) });
const plain = policyFor({ "cache-control": "max-age=60", date: dateIn(-50) });

describe("preconditions in the order of RFC 9110 §13.2.2", () => {
  const cases: [outcome: Precondition, policy: typeof strong, request: Fields][] = [
    ["proceed", strong, {}],
    ["proceed", strong, { "if-match": '"a"' }],
    ["proceed", strong, { "if-match": '"b" , "a"' }],
    ["proceed", strong, { "if-match": "*" }],
    ["failed", strong, { "if-match": '"b"' }],
    ["failed", strong, { "if-match": 'W/"a"' }],
    ["failed", strong, { "if-match": "" }],
    ["failed", weak, { "if-match": 'W/"a"' }],
    ["failed", plain, { "if-match": '"a"' }],
    ["proceed", plain, { "if-match": "*" }],
    ["proceed", strong, { "if-match": '"a"', "if-unmodified-since": dateIn(-200) }],
    ["proceed", strong, { "if-unmodified-since": dateIn(-100) }],
    ["failed", strong, { "if-unmodified-since": dateIn(-101) }],
    ["proceed", strong, { "if-unmodified-since": "foo" }],
    ["proceed", plain, { "if-unmodified-since": dateIn(-1000) }],
    ["not-modified", strong, { "if-none-match": '"a"' }],
    ["not-modified", strong, { "if-none-match": 'W/"a"' }],
    ["not-modified", weak, { "if-none-match": '"a"' }],
    ["not-modified", strong, { "if-none-match": '"x, y", "a"' }],
    ["not-modified", strong, { "if-none-match": ['"x"', '"a", "z"'] }],
    ["not-modified", strong, { "if-none-match": '"back\\", "a"' }],
    ["not-modified", plain, { "if-none-match": "*" }],
    ["proceed", strong, { "if-none-match": '"b"' }],
    ["proceed", strong, { "if-none-match": "a" }],
    ["proceed", strong, { "if-none-match": 'w/"a"' }],
    ["proceed", strong, { "if-none-match": '"x "a"' }],
    ["proceed", strong, { "if-none-match": '"b"', "if-modified-since": dateIn(0) }],
    ["not-modified", strong, { "if-none-match": '"a"', "if-modified-since": dateIn(-1000) }],
    ["not-modified", strong, { "if-match": '"a"', "if-none-match": '"a"' }],
    ["failed", strong, { "if-match": '"b"', "if-none-match": '"a"' }],
    ["not-modified", dated, { "if-modified-since": dateIn(-100) }],
    ["not-modified", dated, { "if-modified-since": dateIn(-99) }],
    ["not-modified", dated, { "if-modified-since": "Thursday, 15-Jan-26 12:00:00 GMT" }],
    ["proceed", dated, { "if-modified-since": dateIn(-101) }],
    ["proceed", dated, { "if-modified-since": "foo" }],
    ["not-modified", plain, { "if-modified-since": dateIn(-50) }],
    ["proceed", plain, { "if-modified-since": dateIn(-51) }],
  ];
  test.each(cases)("%s: %j", (outcome, policy, request) => {
    expect(evaluatePreconditions("GET", reader(request), { status: 200, policy }, now)).toBe(outcome);
  });
});

test("a HEAD is evaluated as a GET is", () => {
  const request = reader({ "if-none-match": '"a"' });
  expect(evaluatePreconditions("HEAD", request, { status: 200, policy: strong }, now)).toBe("not-modified");
});

test("for another method a matching If-None-Match fails, and If-Modified-Since means nothing", () => {
  const stored = { status: 200, policy: strong };
  expect(evaluatePreconditions("PUT", reader({ "if-none-match": '"a"' }), stored, now)).toBe("failed");
  expect(evaluatePreconditions("PUT", reader({ "if-modified-since": dateIn(0) }), stored, now)).toBe(
    "proceed",
  );
});

test.each([301, 404, 500])("conditions mean nothing to a stored %p (RFC 9110 §13.2.1)", (status) => {
  const request = reader({ "if-none-match": '"a"', "if-match": '"b"' });
  expect(evaluatePreconditions("GET", request, { status, policy: strong }, now)).toBe("proceed");
});

test("nothing else but the four conditional fields is a precondition", () => {
  const names = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
  for (const name of names) expect([name, hasPreconditions(fieldsOf([[name, ""]]))]).toEqual([name, true]);
  expect(
    hasPreconditions(
      fieldsOf([
        ["if-range", '"a"'],
        ["range", "bytes=0-1"],
      ]),
    ),
  ).toBe(false);
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
