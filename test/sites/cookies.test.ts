import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compileKeptCookies, cookieCondition } from "../../src/sites/cookies.ts";
import { cookieMark, headerMark, ruleMark } from "../../src/sites/marks.ts";

describe("of cookies those that are named are left, and in the key", () => {
  const keep = compileKeptCookies(["currency", "lang*"]);
  test.each<[cookie: string, left: string | null, marks: string[]]>([
    ["currency=EUR", "currency=EUR", ["cookie:currency=EUR"]],
    ["a=1; currency=EUR; b=2", "currency=EUR", ["cookie:currency=EUR"]],
    ["lang=de; currency=EUR", "currency=EUR; lang=de", ["cookie:currency=EUR", "cookie:lang=de"]],
    ["currency=EUR;lang=de", "currency=EUR; lang=de", ["cookie:currency=EUR", "cookie:lang=de"]],
    [
      "lang=a; currency=2; lang=b",
      "currency=2; lang=a; lang=b",
      ["cookie:currency=2", "cookie:lang=a&lang=b"],
    ],
    ["lang=b; lang=a", "lang=b; lang=a", ["cookie:lang=b&lang=a"]],
    ["lang", "lang", ["cookie:lang"]],
    ["lang=", "lang=", ["cookie:lang="]],
    ["lang=a b", "lang=a b", ["cookie:lang=a%20b"]],
    ["Currency=EUR; xlang=de", null, []],
    ["", null, []],
    [" ; ;", null, []],
  ])("%j", (cookie, left, marks) => {
    expect(keep(cookie)).toEqual({ cookie: left, marks });
  });

  test("what the origin is sent is known by the marks", () => {
    const cookies = fc
      .array(
        fc.tuple(
          fc.constantFrom("a", "b", "ab", "c"),
          fc.constantFrom("", "=", "=1", "=a=1", "=&a", "=%", "=1&a=1"),
        ),
      )
      .map((pairs) => pairs.map((pair) => pair.join("")).join("; "));
    const all = compileKeptCookies(["a", "b", "ab"]);
    fc.assert(
      fc.property(cookies, cookies, (one, other) => {
        const [first, second] = [all(one), all(other)];
        expect(first.marks.join(" ") === second.marks.join(" ")).toBe(first.cookie === second.cookie);
      }),
    );
  });
});

test.each([
  ["wordpress_logged_in_1=a", true],
  ["a=1; wordpress_logged_in_=", true],
  ["a=1;wordpress_logged_in_x", true],
  ["_ga=1, wordpress_logged_in_1=a", true],
  ["_ga=1, wordpress_logged_in_1", false],
  ["a=wordpress_logged_in_1", false],
  ["Wordpress_logged_in_1=a", false],
  ["wordpress.logged_in_1=a", true],
  ["wordpress.logged_in.1[x]=a", true],
  ["wordpress-logged_in_1=a", false],
  ["wordpress_logged_in=a", false],
])("whether there is a cookie of a name: %s: %j", (cookie, has) => {
  expect(cookieCondition(["other", "wordpress_logged_in_*"])(cookie)).toBe(has);
});

describe("a mark", () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.string({
      unit: fc.constantFrom("=", "~", "&", "%", "3", "d", " ", "+", "u", "\u00ff", "\u0100"),
      maxLength: 24,
    }),
  );
  test("has no space in it, and is of one name and value only", () => {
    fc.assert(
      fc.property(
        fc.tuple(texts, texts),
        fc.tuple(texts, texts),
        ([name, value], [otherName, otherValue]) => {
          const one = cookieMark(name, [value]);
          expect(one).toMatch(/^[\x21-\x7e]+$/);
          const isSame = name === otherName && value === otherValue;
          expect(one === cookieMark(otherName, [otherValue])).toBe(isSame);
          expect(headerMark(name, value) === headerMark(otherName, otherValue)).toBe(isSame);
          expect(ruleMark(name, value) === ruleMark(otherName, otherValue)).toBe(isSame);
        },
      ),
    );
  });

  test("does not tell what may be a credential", () => {
    expect(headerMark("x-api-key", "abc")).toMatch(/^header:x-api-key=~[\w-]{43}$/);
    expect(headerMark("x_api_key", "abc")).toMatch(/~/);
    expect(headerMark("rsc", "1")).toBe("header:rsc=1");
    expect(cookieMark("session", ["0123456789abcdef01234"])).toMatch(/^cookie:session=~[\w-]{43}$/);
  });
});
