import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { literalStarts, pathGlobOf, targetMatcher } from "../../src/rules/target-glob.ts";

describe("a glob over targets", () => {
  test.each<[glob: string, matching: string[], others: string[]]>([
    ["/a", ["/a", "/a?b", "/%61", "/a?"], ["/a/", "/A", "/ab", "/b?/a"]],
    ["/img/*", ["/img/a.png", "/img/?x", "/img/a?b=/c/d", "/%69mg/a"], ["/img", "/img/a/b", "/im/a"]],
    ["/img/**", ["/img/", "/img/a/b?c"], ["/img", "/imgs/a"]],
    ["/**/a.css", ["/a.css", "/x/a.css?v=1", "/x/y/a.css"], ["/xa.css", "/a.css/b"]],
    ["/**", ["/", "/a/b?c"], []],
    ["/café/*", ["/caf%C3%A9/a", "/caf%c3%a9/a", "/%63afé/a"], ["/cafe/a", "/caf%E9/a"]],
    ["/caf%C3%A9/*", ["/caf%C3%A9/a", "/caf%c3%a9/a"], ["/cafe/a"]],
    ["/~me/*", ["/~me/a", "/%7Eme/a"], ["/me/a"]],
    ["/%7eme/*", ["/~me/a", "/%7Eme/a"], ["/me/a"]],
    ["/100%/*", ["/100%/a", "/100%25/a"], ["/100/a"]],
    ["/a%2Fb", ["/a%2Fb", "/a/b"], ["/a%252Fb"]],
    // As it is written: what a server might make of dots and slashes is another target.
    ["/a/*", ["/a/b"], ["//a/b", "/x/../a/b", "/x/%2e%2e/a/b", "/a;v=1/b"]],
  ])("%s is of the path, whatever the query", (glob, matching, others) => {
    expect(matching.filter(targetMatcher(glob))).toEqual(matching);
    expect(others.filter(targetMatcher(glob))).toEqual([]);
  });

  test.each<[glob: string, matching: string[], others: string[]]>([
    ["/a?b=1", ["/a?b=1", "/a?%62=1"], ["/a", "/a?b=12", "/a?c&b=1"]],
    ["/a?**", ["/a?", "/a?b=/c/d"], ["/a", "/ab?c"]],
    ["/a?*", ["/a?", "/a?b=c"], ["/a", "/a?b=/c"]],
    ["/*?**page=2**", ["/list?page=2", "/list?a&page=20"], ["/list?page=1", "/list/page=2"]],
  ])("%s is of path and query", (glob, matching, others) => {
    expect(matching.filter(targetMatcher(glob))).toEqual(matching);
    expect(others.filter(targetMatcher(glob))).toEqual([]);
  });
});

describe("the glob of one path", () => {
  test.each<[target: string, glob: string, others: string[]]>([
    ["/a/b.png?v=1", "/a/b.png", ["/a/c.png"]],
    ["/**", "/%2A%2A", ["/account", "/a/b"]],
    ["/%2a*/cart", "/%2A%2A/cart", ["/a/cart"]],
    ["/%20%20", "/%20%20", ["/account", "/a/b"]],
    ["/a%3Fb%23c%25d", "/a%3Fb%23c%25d", ["/a", "/a-b-c-d"]],
    ["/caf%C3%A9/%ff", "/café/%25ff", ["/caf%C3%A9/a"]],
    // Marks of writing direction, which would show another path than the one that is meant.
    ["/%E2%80%AEgnp.a%0A%C2%85", "/%E2%80%AEgnp.a%0A%C2%85", ["/gnp.a"]],
    ["*", "/", ["/a"]],
  ])("of %s it is %s", (target, glob, others) => {
    expect(pathGlobOf(target)).toBe(glob);
    expect(others.filter(targetMatcher(glob))).toEqual([]);
  });

  test("names the path it was made of, by what a file takes", () => {
    const piece = fc.constantFrom(
      "a",
      "/",
      "%",
      "*",
      "%2a",
      "%20",
      "%3f",
      "%25",
      "%ff",
      "%C3%A9",
      "é",
      "#",
      "\\",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = `/${pieces.join("")}`;
        const glob = pathGlobOf(target);
        expect(glob).toMatch(/^\/[^\s?#*]*$/);
        expect(targetMatcher(glob)(target) ? "" : `${glob} does not name ${target}`).toBe("");
      }),
      { numRuns: 3000 },
    );
  });
});

describe("how the targets of a glob begin", () => {
  test.each<[glob: string, starts: string[]]>([
    ["/**", ["/"]],
    ["/a/*", ["/a/", "/%", "/a%"]],
    ["/é/*", ["/"]],
    ["/%61é/*", ["/a", "/%"]],
    ["/5%/*", ["/5", "/%"]],
  ])("%s: %j", (glob, starts) => {
    expect(literalStarts(glob)).toEqual(starts);
  });

  test("a long one is of no more than 32 beginnings", () => {
    expect(literalStarts(`/${"a".repeat(5000)}`)).toHaveLength(32);
  });

  test("whatever a glob names begins so, however it is spelt", () => {
    const piece = fc.constantFrom(
      "a",
      "B",
      "/",
      "~",
      "é",
      "%",
      "%7e",
      "%2F",
      "?",
      "-",
      "25",
      "%25",
      "'",
      " ",
      "\\",
      "%ff",
      "*",
      "**",
    );
    const spelling = fc.infiniteStream(fc.constantFrom("as it is", "lower", "upper"));
    const glob = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
    fc.assert(
      fc.property(glob, spelling, fc.string({ maxLength: 3 }), (text, spellings, star) => {
        const target = spelt(text.slice(1).replace(/\*+/g, star), spellings);
        if (!targetMatcher(text)(target)) return;
        const starts = literalStarts(text);
        expect(starts.some((start) => target.startsWith(start)) ? "" : `${text} names ${target}`).toBe("");
      }),
      { numRuns: 3000 },
    );
  });
});

/** Each character as it is, or its bytes percent-encoded. */
function spelt(text: string, spellings: Iterator<string>): string {
  const characters = Array.from(text, (character) => {
    const { value } = spellings.next();
    if (value === "as it is") return character;
    const bytes = Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).padStart(2, "0")}`,
    );
    return value === "upper" ? bytes.join("").toUpperCase() : bytes.join("");
  });
  return `/${characters.join("")}`;
}
