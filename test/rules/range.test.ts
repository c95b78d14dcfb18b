import { describe, expect, test } from "bun:test";
import {
  contentRange,
  decideRange,
  multipartLength,
  multipartTail,
  type Part,
  partHead,
  unsatisfiedRange,
} from "../../src/rules/range.ts";
import { dateIn, type Fields, policyFor, reader } from "./exchange.ts";

const policy = policyFor({ etag: '"a"', "last-modified": dateIn(-100), date: dateIn(0) });

function decide(request: Fields, size = 100) {
  const decision = decideRange("GET", reader(request), { status: 200, policy, size });
  return decision.kind === "parts"
    ? decision.parts.map(({ start, end }) => `${start}-${end}`).join(" ")
    : decision.kind;
}

describe("ranges of 100 bytes (RFC 9110 §14.1.2); ends are exclusive", () => {
  const many = (count: number, step: number) =>
    `bytes=${Array.from({ length: count }, (_, index) => `${index * step}-${index * step}`).join(",")}`;
  const cases: [range: string, outcome: string][] = [
    ["bytes=0-1", "0-2"],
    ["BYTES=0-1", "0-2"],
    ["bytes=0-0", "0-1"],
    ["bytes=99-99", "99-100"],
    ["bytes=90-", "90-100"],
    ["bytes=0-", "0-100"],
    ["bytes=90-1000", "90-100"],
    ["bytes=90-99999999999999999999999999", "90-100"],
    ["bytes=-1", "99-100"],
    ["bytes=-1000", "0-100"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=100-200, 300-", "unsatisfiable"],
    ["bytes=100-, 0-1", "0-2"],
    ["bytes= 0-1 , 5-6", "0-2 5-7"],
    ["bytes=0-1,,5-6", "0-2 5-7"],
    ["bytes=5-6,0-1", "5-7 0-2"],
    ["bytes=0-5,3-8", "0-9"],
    ["bytes=0-4,5-8", "0-9"],
    ["bytes=50-59,0-1,55-70", "50-71 0-2"],
    ["bytes=0-9,20-29,5-24", "0-30"],
    [many(16, 2), Array.from({ length: 16 }, (_, index) => `${index * 2}-${index * 2 + 1}`).join(" ")],
    [many(17, 2), "whole"],
    [many(60, 1), "0-60"],
    ["bytes=5-1", "whole"],
    ["bytes=0-1,5-1", "whole"],
    ["bytes=", "whole"],
    ["bytes=-", "whole"],
    ["bytes=a-b", "whole"],
    ["bytes=0-1;", "whole"],
    ["bytes=0--1", "whole"],
    ["bytes=+0-1", "whole"],
    ["bytes 0-1", "whole"],
    ["bytes =0-1", "whole"],
    ["lines=0-1", "whole"],
    ["", "whole"],
  ];
  test.each(cases)("%j", (range, outcome) => {
    expect(decide({ range })).toBe(outcome);
  });

  test("without Range the whole is meant", () => {
    expect(decide({})).toBe("whole");
  });

  test("an empty body has no ranges", () => {
    expect(decide({ range: "bytes=-5" }, 0)).toBe("whole");
    expect(decide({ range: "bytes=0-" }, 0)).toBe("unsatisfiable");
  });
});

describe("If-Range matches strongly or the whole is sent (RFC 9110 §13.1.5)", () => {
  const cases: [ifRange: string, outcome: string][] = [
    ['"a"', "0-2"],
    ['"b"', "whole"],
    ['W/"a"', "whole"],
    ["a", "whole"],
    [dateIn(-100), "0-2"],
    [dateIn(-99), "whole"],
    [dateIn(0), "whole"],
    ["foo", "whole"],
    ["", "whole"],
    ["*", "whole"],
  ];
  test.each(cases)("%j", (ifRange, outcome) => {
    expect(decide({ range: "bytes=0-1", "if-range": ifRange })).toBe(outcome);
  });

  test("a weak stored tag never does, nor a Last-Modified of the second the response was made in", () => {
    const ranged = (ifRange: string, response: Fields) =>
      decideRange("GET", reader({ range: "bytes=0-1", "if-range": ifRange }), {
        status: 200,
        policy: policyFor(response),
        size: 100,
      }).kind;
    expect(ranged('W/"a"', { etag: 'W/"a"' })).toBe("whole");
    expect(ranged('"a"', { etag: 'W/"a"' })).toBe("whole");
    expect(ranged(dateIn(0), { "last-modified": dateIn(0), date: dateIn(0) })).toBe("whole");
    expect(ranged(dateIn(-1), { "last-modified": dateIn(-1), date: dateIn(0) })).toBe("parts");
  });
});

test("only a GET of a stored 200 has ranges", () => {
  const request = reader({ range: "bytes=0-1" });
  expect(decideRange("HEAD", request, { status: 200, policy, size: 100 }).kind).toBe("whole");
  expect(decideRange("GET", request, { status: 404, policy, size: 100 }).kind).toBe("whole");
});

test("Content-Range has inclusive ends", () => {
  expect(contentRange(0, 2, 100)).toBe("bytes 0-1/100");
  expect(unsatisfiedRange(100)).toBe("bytes */100");
});

test("the length announced for a multipart body is its length", () => {
  const parts: Part[] = [
    { start: 0, end: 2 },
    { start: 50, end: 60 },
  ];
  for (const type of ["text/plain", null]) {
    const body = parts.map((part) => partHead(part, 100, type, "b") + "x".repeat(part.end - part.start));
    const whole = body.join("") + multipartTail("b");
    expect(whole.length).toBe(multipartLength(parts, 100, type, "b"));
  }
  expect(partHead({ start: 50, end: 60 }, 100, "text/plain", "b")).toBe(
    "\r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 50-59/100\r\n\r\n",
  );
  expect(multipartTail("b")).toBe("\r\n--b--\r\n");
});
