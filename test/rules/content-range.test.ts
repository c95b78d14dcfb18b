import { describe, expect, test } from "bun:test";
import { decidePieceStoring, parseContentRange } from "../../src/rules/content-range.ts";
import type { ReasonName } from "../../src/rules/reason.ts";
import type { Exchange } from "../../src/rules/exchange.ts";
import { type Fields, now, plainOptions, reader } from "./exchange.ts";

describe("Content-Range", () => {
  test.each([
    ["bytes 0-0/1", 0, 1, 1],
    ["bytes 0-4/10", 0, 5, 10],
    ["bytes 5-9/10", 5, 10, 10],
    ["BYTES 5-9/10", 5, 10, 10],
    ["bytes 007-9/10", 7, 10, 10],
    ["bytes 4294967296-4294967296/5000000000", 4_294_967_296, 4_294_967_297, 5_000_000_000],
  ])("%s is read", (value, start, end, size) => {
    expect(parseContentRange(value)).toEqual({ start, end, size });
  });

  test.each([
    "",
    "bytes",
    "bytes 0-4",
    "bytes 0-4/*",
    "bytes */10",
    "bytes 4-0/10",
    "bytes 0-10/10",
    "bytes 5-9/0",
    "bytes -4/10",
    "bytes 0-/10",
    "bytes=0-4/10",
    "bytes 0-4/10 ",
    "bytes  0-4/10",
    "bytes 0 - 4/10",
    "bytes 0-4/10, bytes 5-9/10",
    "bytes 0x0-4/10",
    "bytes +0-4/10",
    "bytes 0.0-4/10",
    "lines 0-4/10",
    `bytes 0-4/${"9".repeat(16)}`,
  ])("%p is none", (value) => {
    expect(parseContentRange(value)).toBeNull();
  });

  test("that is not there is none", () => expect(parseContentRange(null)).toBeNull());
});

function decide(response: Fields, exchange: Partial<Exchange> = {}, request: Fields = {}) {
  return decidePieceStoring(
    {
      method: "GET",
      origin: "https://example.org",
      target: "/page",
      request: reader({ range: "bytes=0-4", ...request }),
      status: 206,
      response: reader(response),
      framing: "length",
      requestAt: now,
      responseAt: now,
      receivedAt: now,
      ...exchange,
    },
    plainOptions,
  );
}

const piece = {
  "cache-control": "max-age=60",
  etag: '"a"',
  "content-range": "bytes 0-4/10",
  "content-length": "5",
};
const { "content-length": _, ...unannounced } = piece;

describe("a 206 is stored as a piece", () => {
  test.each<[string, Fields, Partial<Exchange>]>([
    ["whose range and length agree", piece, {}],
    ["in chunks, whose length shows at the end", unannounced, { framing: "chunked" }],
    ["that ends with the connection: its range says where", unannounced, { framing: "close" }],
    [
      "without a strong validator, for ranges within it",
      { ...unannounced, etag: 'W/"a"', "content-length": "5" },
      {},
    ],
    ["other than was asked for, as what it says it is", { ...piece, "content-range": "bytes 2-6/10" }, {}],
    [
      "that may only be used when validated",
      { ...unannounced, "cache-control": "no-cache", "content-length": "5" },
      {},
    ],
  ])("%s", (_, response, exchange) => {
    expect(decide(response, exchange)).toMatchObject({ storable: true, reason: "stored-piece" });
  });

  test("with its range and the policy of a 200", () => {
    expect(decide(piece)).toMatchObject({
      range: { start: 0, end: 5, size: 10 },
      policy: { freshnessLifetime: 60, entityTag: '"a"' },
    });
  });
});

test.each<[ReasonName, Fields, Partial<Exchange>, Fields]>([
  ["status-partial", piece, { method: "POST" }, {}],
  ["status-partial", piece, { status: 200 }, {}],
  ["partial-without-range", { "cache-control": "max-age=60" }, {}, {}],
  ["partial-without-range", { ...piece, "content-type": "multipart/byteranges; boundary=x" }, {}, {}],
  ["partial-malformed-range", { ...piece, "content-range": "bytes 4-0/10" }, {}, {}],
  ["partial-malformed-range", { ...piece, "content-range": "bytes 0-10/10" }, {}, {}],
  ["partial-unknown-size", { ...piece, "content-range": "bytes 0-4/*" }, {}, {}],
  ["partial-wrong-length", { ...piece, "content-length": "6" }, {}, {}],
  ["partial-wrong-length", { ...piece, "content-range": "bytes 4-9/10" }, {}, {}],
  ["response-no-store", { ...piece, "cache-control": "no-store" }, {}, {}],
  ["response-private", { ...piece, "cache-control": "private" }, {}, {}],
  ["vary-any", { ...piece, vary: "*" }, {}, {}],
  ["request-no-store", piece, {}, { "cache-control": "no-store" }],
  ["request-authorization", piece, {}, { authorization: "x" }],
])("a 206 is not stored: %s", (reason, response, exchange, request) => {
  expect(decide(response, exchange, request)).toEqual({ storable: false, reason });
});
