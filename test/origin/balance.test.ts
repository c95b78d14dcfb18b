import { expect, test } from "bun:test";
import { createChoice } from "../../src/origin/balance.ts";

const [a, b, c] = [named("a"), named("b"), named("c")];
const all = [a, b, c] as const;

function named(name: string, waiting = 0) {
  return { name, waiting };
}

function chosen(
  choose: ReturnType<typeof createChoice>,
  times: number,
  of: readonly [typeof a, ...(typeof a)[]] = all,
) {
  return Array.from({ length: times }, () => choose(of, "/page").name).join("");
}

test("round robin asks one after the other, beginning anywhere", () => {
  expect(chosen(createChoice("round-robin", 0), 6)).toBe("abcabc");
  expect(chosen(createChoice("round-robin", 4), 6)).toBe("bcabca");
});

test("the least busy one is asked; of several that are, one after the other", () => {
  const choose = createChoice("least-busy", 0);
  expect(chosen(choose, 6)).toBe("abcabc");
  expect(chosen(choose, 3, [named("a", 2), named("b", 1), named("c", 3)])).toBe("bbb");
  expect(chosen(choose, 4, [named("a", 1), named("b", 2), named("c", 1)])).toMatch(/^(?=.*a)(?=.*c)[ac]{4}$/);
});

test("a path has its origin, whatever its query, in every process", () => {
  const paths = Array.from({ length: 300 }, (_, number) => `/page-${number}`);
  const first = createChoice("path", 0);
  const second = createChoice("path", 7);
  const origins = paths.map((path) => first(all, path).name);
  expect(paths.map((path) => second([c, a, b], `${path}?x=1`).name)).toEqual(origins);
  for (const name of ["a", "b", "c"]) {
    const share = origins.filter((each) => each === name).length;
    expect(share).toBeGreaterThan(60);
  }
  // Of one that has gone the others have the paths, and keep their own.
  const without = paths.map((path) => first([a, c], path).name);
  for (const [place, name] of origins.entries()) if (name !== "b") expect(without[place]).toBe(name);
});
