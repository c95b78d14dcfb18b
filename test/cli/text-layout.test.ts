import { describe, expect, test } from "bun:test";
import { beside, type Column, span, table, withoutMiddle, written } from "../../src/cli/text-layout.ts";

describe("a text that is too long loses its middle", () => {
  test.each([
    ["/short", 6, "/short"],
    ["/a/long/path/of/a/page", 10, "/a/lon…age"],
    ["/a/long", 2, "/…"],
    ["/a/long", 1, "…"],
    ["/a/long", 0, ""],
    // Each of them takes two columns; none is cut in two.
    ["安宁安宁安宁", 8, "安宁…宁"],
    ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 4, "👩‍👩‍👧‍👦…"],
  ])("%j in %d columns: %j", (text, width, cut) => {
    expect(withoutMiddle(text, width)).toBe(cut);
    expect(Bun.stringWidth(cut)).toBeLessThanOrEqual(width);
  });
});

describe("a table", () => {
  const columns: Column[] = [
    { heading: "Path", side: "left" },
    { heading: "times", width: 5, side: "right" },
  ];
  const lines = (width: number, ...rows: string[][]) =>
    table(
      columns,
      rows.map((row) => row.map((text) => span(text))),
      width,
    ).map((line) => written(line, 80, false));

  test("gives the column without width what is left", () => {
    expect(lines(20, ["/a", "7"], ["/a/long/path/of/a/page", "1,204"])).toEqual([
      "Path           times",
      "/a                 7",
      "/a/long/…page  1,204",
    ]);
  });

  test("has no line without its cells", () => expect(lines(20, [])).toEqual(["Path           times", ""]));

  test("of which one column stands beside another", () => {
    const [left, right] = [[[span("a")], [span("b")]], [[span("c")]]];
    expect(beside(left, 3, right).map((line) => written(line, 80, false))).toEqual(["a  c", "b"]);
  });
});

describe("a line as it is written", () => {
  const line = [span("cold", "blue"), span(" and "), span("warm", "red")];

  test.each([
    [80, false, "cold and warm"],
    [6, false, "cold a"],
    [0, false, ""],
    [80, true, "\x1b[34mcold\x1b[39m and \x1b[31mwarm\x1b[39m"],
    [4, true, "\x1b[34mcold\x1b[39m"],
    [10, true, "\x1b[34mcold\x1b[39m and \x1b[31mw\x1b[39m"],
  ])("in %d columns, with colours %p", (width, inColours, text) => {
    expect(written(line, width, inColours)).toBe(text);
  });

  test("text from outside moves no cursor and has no colours of its own", () => {
    expect(written([span("/\x1b[2J\n\x9b31m‮")], 80, true)).toBe("/\\u001b[2J\\u000a\\u009b31m\\u202e");
  });
});
