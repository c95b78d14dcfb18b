import { describe, expect, test } from "bun:test";
import { toleranceIn } from "../../../src/cli/warm/tolerance.ts";
import { variantsOf } from "../../../src/cli/warm/variants.ts";
import { wantedOf } from "../../../src/cli/warm/wanted.ts";

const usual = { concurrency: "4", tolerate: "0", timeout: "60s" };

describe("variants are", () => {
  test.each<[what: string, encodings: string[] | undefined, headers: string[], words: string[]]>([
    ["one where nothing is said", undefined, [], [""]],
    ["one for each coding", ["gzip", "br", "gzip"], [], ["accept-encoding: gzip", "accept-encoding: br"]],
    [
      "one for each value of a field",
      undefined,
      ["Accept-Language: de", "accept-language: fr"],
      ["accept-language: de", "accept-language: fr"],
    ],
    ["one of fields that are there once", undefined, ["A: 1", "B: 2"], ["a: 1, b: 2"]],
    [
      "each with each",
      ["gzip", "br"],
      ["L: de", "L: fr"],
      [
        "accept-encoding: gzip, l: de",
        "accept-encoding: gzip, l: fr",
        "accept-encoding: br, l: de",
        "accept-encoding: br, l: fr",
      ],
    ],
  ])("%s", (_, encodings, headers, words) =>
    expect(variantsOf(encodings, headers).map((variant) => variant.words)).toEqual(words),
  );

  test("asked for with the codings of browsers where none is chosen", () => {
    const browsers = [["accept-encoding", "gzip, deflate, br, zstd"]];
    expect(variantsOf(undefined, [])[0]?.fields).toEqual(browsers as never);
    expect(variantsOf(undefined, ["Accept-Encoding: br"])[0]?.fields).toEqual([["accept-encoding", "br"]]);
  });

  test.each<[what: string, encodings: string[] | undefined, headers: string[], message: string]>([
    ["no field", undefined, ["oops"], "should be a name, a colon and a value"],
    ["what would be a field more", undefined, ["A: b\r\nHost: c"], "should be a name, a colon and a value"],
    ["what the URL says", undefined, ["Host: a"], "the URL or the connection says it"],
    ["a part of the answer", undefined, ["Range: bytes=0-1"], "the URL or the connection says it"],
    ["the codings twice", ["br"], ["Accept-Encoding: gzip"], "there should be one of them"],
    [
      "more than anybody means",
      undefined,
      Array.from({ length: 65 }, (_, place) => `A: ${place}`),
      "65 variants of each URL are too many",
    ],
  ])("refused where it is %s", (_, encodings, headers, message) =>
    expect(() => variantsOf(encodings, headers)).toThrow(message),
  );
});

test.each([
  ["0", 100, 0],
  ["5", 100, 5],
  ["2%", 150, 3],
  ["0.5%", 1000, 5],
  ["100%", 7, 7],
])("--tolerate %s of %i requests is %i", (text, requests, failed) =>
  expect(toleranceIn(text)(requests)).toBe(failed),
);

test.each([
  ["tolerate", "101%"],
  ["tolerate", "1.5"],
  ["tolerate", "-1"],
  ["rate", "0"],
  ["rate", "fast"],
  ["concurrency", "0"],
  ["concurrency", "257"],
  ["timeout", "60"],
  ["timeout", "2h"],
  ["base", "/path"],
  ["acceptEncoding", "gzip;q=1"],
  ["acceptEncoding", ""],
])("%s %p is refused in one line", (name, text) => {
  const flag = name === "acceptEncoding" ? "--accept-encoding" : `--${name}`;
  expect(() => wantedOf({ ...usual, [name]: text })).toThrow(`${flag} ${JSON.stringify(text)} should be`);
});

test("what is said is heeded", () => {
  const own = { ...usual, rate: "0.5", concurrency: "256", timeout: "1m", base: "http://shop.example/" };
  expect(wantedOf(own)).toMatchObject({
    rate: 0.5,
    concurrency: 256,
    timeout: 60_000,
    base: "http://shop.example/",
  });
});
