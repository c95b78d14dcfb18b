import { expect, test } from "bun:test";
import { fieldsOf } from "../../src/rules/fields.ts";

const lines: [string, string][] = [
  ["vary", "accept"],
  ["set-cookie", "a=1"],
  ["vary", "cookie"],
  ["x-empty", ""],
  ["set-cookie", "b=2"],
  ["x-empty", ""],
  ["x-empty", "not"],
];

test("the lines of one field are one value, in their order (RFC 9110 §5.3), as Headers reads them", () => {
  const fields = fieldsOf(lines);
  const headers = new Headers(lines);
  for (const name of ["vary", "set-cookie", "x-empty", "absent"]) {
    expect([name, fields.get(name), fields.has(name)]).toEqual([name, headers.get(name), headers.has(name)]);
  }
});

test("a field of an empty line is there, and is not an absent one", () => {
  const fields = fieldsOf([["x", ""]]);
  expect([fields.get("x"), fields.has("x"), fields.get("y"), fields.has("y")]).toEqual([
    "",
    true,
    null,
    false,
  ]);
});

test("the lines are there as they came", () => {
  expect(fieldsOf(lines).lines).toEqual(lines);
});

test("names that objects have by birth are no fields", () => {
  const fields = fieldsOf([]);
  for (const name of ["constructor", "__proto__", "toString"]) {
    expect([fields.get(name), fields.has(name)]).toEqual([null, false]);
  }
});
