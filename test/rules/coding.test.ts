import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { foldedCodings } from "../../src/rules/coding.ts";
import { acceptsCodings } from "../../src/rules/negotiation.ts";

describe("Accept-Encoding has one form for all who take the same codings in the same preference", () => {
  test.each([
    ["gzip, deflate, br, zstd", "gzip, br, zstd"],
    ["gzip, deflate, br", "gzip, br"],
    ["gzip,br", "gzip, br"],
    ["br;q=1.0, gzip;q=0.8, *;q=0.1", "br, gzip;q=0.5"],
    ["gzip;q=0.5, br", "br, gzip;q=0.5"],
    ["zstd;q=0.1, gzip;q=0.5, br;q=0.7", "br, gzip;q=0.5, zstd;q=0.2"],
    ["gzip;q=0.9, br;q=0.9", "gzip, br"],
    ["br;q=0, gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, x-gzip;q=0.5, GZIP", "gzip"],
    ["*", "gzip"],
    ["*, gzip;q=0", "identity"],
    ["br, *;q=0.5", "br, gzip;q=0.5"],
    ["*;q=0", "identity"],
    ["deflate", "identity"],
    ["identity", "identity"],
    ["", "identity"],
    ["gzip;q=high", "identity"],
    ["gzip=1", "identity"],
  ])("%j: %j", (value, folded) => {
    expect(foldedCodings(value)).toBe(folded);
  });

  test("nobody is sent for what cannot be read, and what is folded stays as it is", () => {
    const members = fc.tuple(
      fc.constantFrom("br", "zstd", "gzip", "x-gzip", "deflate", "identity", "*"),
      fc.constantFrom("", ";q=0", ";q=0.3", "; q=1", ";q=0.8"),
    );
    const names = ["br", "zstd", "gzip", "deflate"];
    fc.assert(
      fc.property(fc.uniqueArray(members, { selector: ([name]) => name.replace("x-", "") }), (list) => {
        const value = list.map((member) => member.join("")).join(", ");
        const folded = foldedCodings(value);
        expect(foldedCodings(folded)).toBe(folded);
        for (const name of names)
          if (acceptsCodings(name, folded)) expect([name, acceptsCodings(name, value)]).toEqual([name, true]);
      }),
    );
  });
});
