import { describe, expect, test } from "bun:test";
import { outcomeOf } from "../../../src/cli/warm/ask.ts";
import { progressLine } from "../../../src/cli/warm/progress.ts";
import { count, emptyTally, sumOf } from "../../../src/cli/warm/tally.ts";
import { type Summary, summaryAsJson, summaryInWords } from "../../../src/cli/warm/words.ts";

describe("an answer of the proxy means", () => {
  const outcome = (status: number, cacheStatus: string, retryAfter?: string, bytes = 7) => {
    const headers = new Headers({ "cache-status": cacheStatus });
    if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
    return outcomeOf({ status, headers }, bytes, 1000);
  };
  test.each([
    ["a hit", 200, "cacheproxy; hit; ttl=3; detail=hit-fresh", { kind: "cached", isNew: false, bytes: 7 }],
    [
      "a miss that is stored",
      200,
      "cacheproxy; fwd=uri-miss; fwd-status=200; stored; ttl=3; detail=stored-explicit",
      { kind: "cached", isNew: true, bytes: 7 },
    ],
    [
      "the same as another has got",
      200,
      "cacheproxy; fwd=uri-miss; collapsed; detail=collapsed",
      { kind: "cached", isNew: true, bytes: 7 },
    ],
    [
      "a miss that is not stored",
      200,
      "cacheproxy; fwd=uri-miss; fwd-status=200; detail=set-cookie",
      { kind: "uncached", reason: "set-cookie", bytes: 7 },
    ],
    [
      "what this cache says, not one before it",
      200,
      "other; hit, cacheproxy; fwd=uri-miss; detail=no-lifetime",
      { kind: "uncached", reason: "no-lifetime", bytes: 7 },
    ],
    [
      "nothing that is known where it is unreadable",
      200,
      "((",
      { kind: "uncached", reason: "unknown", bytes: 7 },
    ],
    [
      "a redirect, which is stored as all else",
      301,
      "cacheproxy; fwd=uri-miss; stored; detail=stored-explicit",
      { kind: "cached", isNew: true, bytes: 7 },
    ],
    [
      "a failure, also where it is stored",
      404,
      "cacheproxy; hit; detail=hit-fresh",
      { kind: "refused", status: 404, reason: "hit-fresh", retryAfter: null },
    ],
  ] as const)("%s", (_, status, field, expected) => expect(outcome(status, field)).toEqual(expected));

  test("that it is not stored where its end has shown that it is too large", () => {
    const stored = "cacheproxy; fwd=uri-miss; fwd-status=200; stored; detail=stored-explicit";
    expect(outcome(200, stored, undefined, 1000).kind).toBe("cached");
    expect(outcome(200, stored, undefined, 1001)).toEqual({
      kind: "uncached",
      reason: "too-large",
      bytes: 1001,
    });
  });

  test("that one should come later", () => {
    expect(outcome(503, "cacheproxy; fwd=uri-miss; detail=origin-error", "9")).toMatchObject({
      retryAfter: "9",
    });
  });
});

test.each([
  [{ done: 0, known: 0, isWhole: false, milliseconds: 0 }, "reading what is to be asked for"],
  [
    { done: 1200, known: 50_000, isWhole: false, milliseconds: 10_000 },
    "1,200 of 50,000 or more, 120 a second",
  ],
  [
    { done: 1200, known: 5000, isWhole: true, milliseconds: 10_000 },
    "1,200 of 5,000 (24.0 %), 120 a second, 31 s left",
  ],
  [
    { done: 5000, known: 5000, isWhole: true, milliseconds: 10_000 },
    "5,000 of 5,000 (100 %), 500 a second, 0 s left",
  ],
  [{ done: 0, known: 5, isWhole: true, milliseconds: 10 }, "0 of 5 (0.0 %), 0 a second"],
])("%j is told as %s", (stand, line) => expect(progressLine(stand)).toBe(line));

describe("the end", () => {
  const example = { url: "http://shop.example/\u009bcart", variant: "accept-encoding: br" };
  const advice = [
    { where: "origin", text: "Have the server say for how long.", copy: "Cache-Control: max-age=60" },
  ] as const;
  const summary: Summary = {
    ...{ end: "whole", requests: 2400, variants: 2, bytes: 1_300_000, milliseconds: 12_000, resumed: 20 },
    cached: { now: 1000, before: 390 },
    uncached: [
      { what: "no-lifetime", sentence: "not stored: it says no lifetime", count: 1002, example, advice },
    ],
    failed: [
      {
        what: "answered with 404",
        sentence: null,
        count: 1,
        example: { ...example, variant: "" },
        advice: [],
      },
    ],
    leftOut: {
      foreign: { count: 7, hosts: new Set(["other.example"]) },
      unreadable: { count: 1, examples: ["ftp://a\u001b[31m"] },
      unreachable: { http: 0, https: 3 },
      repeated: 4,
    },
    troubles: [{ source: "http://shop.example/bad.xml", problem: "line 3, column 8: unexpected close tag." }],
  };

  test("is told with every number, each cause with an example and what could be changed", () => {
    expect(
      summaryInWords(summary, false),
    ).toBe(`2,400 requests, 2 for each URL, in 12.0 s, 200 a second: 1.2 MB
    1,390  stored: 1,000 since now, 390 before
    1,002  answered well and not stored
        1  failed
       20  left out: a former run has done them
        4  left out: named before
        7  left out: no site of this proxy is of other.example and the like
        1  left out: no URL of http or https, such as ftp://a\\u001b[31m
        3  left out: nothing here listens for https, or is believed by --trust what it says of it

Not stored

    1,002  no-lifetime: not stored: it says no lifetime
           http://shop.example/\\u009bcart (accept-encoding: br) and 1,001 more
           Have the server say for how long.
                  Cache-Control: max-age=60

Failed

        1  answered with 404
           http://shop.example/\\u009bcart

Not read, or not whole
  http://shop.example/bad.xml: line 3, column 8: unexpected close tag.
`);
  });

  test("moves no cursor as JSON either, and is one line that reads as the same", () => {
    const json = summaryAsJson(summary);
    expect(json).not.toContain("\u009b");
    expect(json.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(json)).toMatchObject({
      ...{ requests: 2400, cached: { now: 1000, before: 390 } },
      leftOut: { foreign: { count: 7, hosts: ["other.example"] }, repeated: 4 },
    });
  });
});

test("of more causes than anybody reads only the number is kept", () => {
  const tally = emptyTally();
  for (let status = 400; status < 600; status++)
    count(tally, {} as never, { kind: "refused", status, reason: "unknown", retryAfter: null });
  expect([tally.failed.size, sumOf(tally.failed.values())]).toEqual([101, 200]);
  expect(tally.failed.get("others")?.count).toBe(100);
});
