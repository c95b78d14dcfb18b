import { expect, test } from "bun:test";
import { remembered } from "../../src/rules/remembered.ts";

/** The length of a text as an object, and for which texts it was worked out. */
function counting() {
  const asked: string[] = [];
  const lengthOf = remembered((value) => {
    asked.push(value);
    return { length: value.length };
  });
  return { asked, lengthOf };
}

test("a result is worked out once, and is the same the second time", () => {
  const { asked, lengthOf } = counting();
  const first = lengthOf("a");
  expect(lengthOf("bb").length).toBe(2);
  expect(lengthOf("a")).toBe(first);
  expect(asked).toEqual(["a", "bb"]);
});

test("null is remembered as well", () => {
  let asked = 0;
  const nothing = remembered((): null => {
    asked += 1;
    return null;
  });
  expect([nothing("x"), nothing("x"), asked]).toEqual([null, null, 1]);
});

test("what fails is not remembered", () => {
  let asked = 0;
  const failing = remembered(() => {
    asked += 1;
    throw new Error("no");
  });
  expect(() => failing("x")).toThrow("no");
  expect(() => failing("x")).toThrow("no");
  expect(asked).toBe(2);
});

test("a text of more than 256 characters is not remembered, but right", () => {
  const { asked, lengthOf } = counting();
  const [longest, tooLong] = ["x".repeat(256), "x".repeat(257)];
  for (const value of [longest, tooLong, longest, tooLong]) expect(lengthOf(value).length).toBe(value.length);
  expect(asked).toEqual([longest, tooLong, tooLong]);
});

test("of many texts the latest 512 at most are remembered", () => {
  const { asked, lengthOf } = counting();
  const texts = Array.from({ length: 512 }, (_, index) => `${index}`);
  for (const value of [...texts, ...texts]) lengthOf(value);
  expect(asked).toHaveLength(512);
  lengthOf("one more");
  lengthOf("one more");
  lengthOf("0");
  expect(asked.slice(512)).toEqual(["one more", "0"]);
});

test("two functions share no results", () => {
  const [length, upper] = [
    remembered((value): unknown => value.length),
    remembered((value): unknown => value.toUpperCase()),
  ];
  expect([length("ab"), upper("ab")]).toEqual([2, "AB"]);
});
