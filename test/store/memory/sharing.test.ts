import { expect, test } from "bun:test";
import { createSharing } from "../../../src/store/memory/sharing.ts";

/** As they come from a parser: equal, and nothing of them the same. */
function parsed(...lines: [string, string][]): [string, string][] {
  return JSON.parse(JSON.stringify(lines));
}

test("equal field lines of two responses become one", () => {
  const { fields } = createSharing();
  const one = fields(parsed(["etag", '"1"'], ["content-type", "text/html"]));
  const other = fields(parsed(["content-type", "text/html"], ["etag", '"2"']));
  expect(other).toEqual(parsed(["content-type", "text/html"], ["etag", '"2"']));
  expect(other[0]).toBe(one[1] as (typeof one)[0]);
});

test("a line is not taken for one of another name or value, however many were seen", () => {
  const { fields, text } = createSharing();
  for (let i = 0; i < 3000; i++) {
    const lines = parsed(["etag", `${i}`], ["age", `${i}`], [`x-${i}`, "1"], ["a: b", "c"], ["a", "b: c"]);
    expect(fields(lines)).toEqual(lines);
    expect(text(`${i}`)).toBe(`${i}`);
  }
});

test("what is common stays one through any number of values that are not", () => {
  const { fields } = createSharing();
  const common = () => fields(parsed(["cache-control", "max-age=60"]))[0];
  const first = common();
  for (let i = 0; i < 3000; i++) fields(parsed(["etag", `${i}`]));
  expect(common()).toBe(first as NonNullable<typeof first>);
});

test("what is remembered is bounded by its length, too", () => {
  const { fields } = createSharing();
  const common = () => fields(parsed(["cache-control", "max-age=60"]))[0];
  const first = common();
  for (let i = 0; i < 5000; i++) fields(parsed([`x-${i % 50}`, `${i}`.padEnd(1000)]));
  expect(common()).not.toBe(first as NonNullable<typeof first>);
});
