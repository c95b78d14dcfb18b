import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { nameMatcher, pathMatcher } from "../../src/rules/glob.ts";

describe("a glob over a path", () => {
  const cases: [glob: string, matching: string[], others: string[]][] = [
    ["/", ["/"], ["", "/a"]],
    ["/a", ["/a"], ["/a/", "/ab", "/x/a", "a"]],
    ["/a/*", ["/a/", "/a/b"], ["/a", "/a/b/", "/a/b/c", "/xa/b"]],
    ["/a/**", ["/a/", "/a/b", "/a/b/c"], ["/a", "/ab/c"]],
    ["/a/*/c", ["/a/b/c", "/a//c"], ["/a/c", "/a/b/b/c"]],
    ["/a/**/c", ["/a/c", "/a/b/c", "/a/b/b/c"], ["/a/bc", "/ac", "/a/b/cc"]],
    ["/**", ["/", "/a/b"], [""]],
    ["**", ["/", "/a/b"], [""]],
    ["*.woff2", ["/a.woff2", "/x/y/a.woff2", "/.woff2"], ["/a.woff", "/a.woff2/x", "/awoff2"]],
    ["wp-*.php", ["/wp-login.php", "/blog/wp-cron.php"], ["/xwp-a.php", "/wp-a/b.php"]],
    ["feed/", ["/feed/", "/a/feed/"], ["/feed", "/xfeed/"]],
    ["/a*b*c", ["/abc", "/a1b2c", "/abbcbc"], ["/ab/c", "/abcd"]],
    ["/a**c", ["/ac", "/a/b/c"], ["/a/b"]],
    ["/**/a/**/b/*.js", ["/a/b/x.js", "/x/a/y/z/b/w.js"], ["/a/b/c/x.js", "/ab/x.js"]],
    ["/**x*y", ["/xy", "/a/xx/xay"], ["/x/y"]],
    ["/a.b+(c)", ["/a.b+(c)"], ["/aab+(c)", "/a.bb(c)"]],
    ["/caf%C3%A9/*", ["/café/x"], ["/caf%C3%A9/x"]],
  ];
  test.each(cases)("%s", (glob, matching, others) => {
    const matches = pathMatcher(glob);
    expect(matching.filter((path) => !matches(path))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  test("means what a regular expression made of it means", () => {
    const part = fc.constantFrom("a", "b", "/", "*", "**", "/**/", "/*/");
    const globs = fc
      .array(part, { maxLength: 7 })
      .map((parts) => `/${parts.join("")}`.replace(/\*{3,}/g, "**"));
    const paths = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 9 }).map((rest) => `/${rest}`);
    fc.assert(
      fc.property(globs, paths, (glob, path) => {
        expect([glob, path, pathMatcher(glob)(path)]).toEqual([glob, path, naive(glob).test(path)]);
      }),
      { numRuns: 5000 },
    );
  });

  test("takes no time to speak of for a path that nearly matches, over and over", () => {
    const matches = pathMatcher("/**/a*a*a*a*a*a/**/a*a*a*a*a*b");
    expect(matches(`/${"a".repeat(200)}`.repeat(40))).toBe(false);
    const short = pathMatcher("/**a*b");
    expect(short(`/${"a".repeat(1_000_000)}`)).toBe(false);
  });
});

describe("a glob over a name", () => {
  const cases: [glob: string, matching: string[], others: string[]][] = [
    ["utm_*", ["utm_", "utm_source"], ["xutm_source", "utm"]],
    ["*.shop.example", ["a.shop.example", "a.b.shop.example"], ["shop.example"]],
    ["__utm?", ["__utma"], ["__utm", "__utmab"]],
    ["*", ["", "a/b"], []],
    ["text/*", ["text/html"], ["application/text/html"]],
    ["a.b", ["a.b"], ["axb"]],
  ];
  test.each(cases)("%s", (glob, matching, others) => {
    const matches = nameMatcher(glob);
    expect(matching.filter((name) => !matches(name))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });
});

function naive(glob: string): RegExp {
  const source = glob.replaceAll(/(?<=\/)\*\*\/|\*\*|\*/g, (stars) =>
    stars === "*" ? "[^/]*" : stars === "**" ? ".*" : "(?:.*/)?",
  );
  return new RegExp(`^${source}$`);
}
