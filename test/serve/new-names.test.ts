import { afterEach, describe, expect, test } from "bun:test";
import type { Exchange } from "../fixtures/origin.ts";
import { cacheWord, keyOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

type Names = Readonly<Record<string, string>>;

/** The page is what it was, or not, and bears these names at first and then those. */
async function before(isSame: boolean, first: Names, then: Names): Promise<void> {
  let asked = 0;
  proxy = await startProxy(async (exchange: Exchange) => {
    asked += 1;
    const fields = { "Cache-Control": "max-age=60", "Content-Type": "text/plain", ETag: '"1"' };
    if (asked === 1) await exchange.respond(200, { ...fields, ...first }, "a");
    else if (isSame) await exchange.respond(304, { ...fields, ...then });
    else await exchange.respond(200, { ...fields, ETag: '"2"', ...then }, "b");
  });
  expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  // A visitor who reloads.
  await proxy.get("/page", { "Cache-Control": "no-cache" });
}

const old = { "Surrogate-Key": "old" };
const told = () => proxy.invalidatedElsewhere;

describe("a response that bears other names", () => {
  test.each([
    ["it was confirmed with", true, old, { "Surrogate-Key": "new old" }],
    ["took its place", false, old, { "Surrogate-Key": "new" }],
    ["took its place, of a group", false, {}, { "Cache-Groups": '"new"' }],
    ["took its place, without names", false, old, {}],
  ] as const)("%s: the other workers let go of the former one", async (_, isSame, first, then) => {
    await before(isSame, first, then);
    expect(told()).toEqual([{ by: "key", primaryKey: keyOf("/page") }]);
  });

  test.each([
    ["it was confirmed with the same", true, old, old],
    ["it was confirmed with none, which leaves them", true, old, {}],
    ["another response has the same", false, { "Surrogate-Key": "a b" }, { "Surrogate-Key": "b a" }],
  ] as const)("%s: nobody need let go of anything", async (_, isSame, first, then) => {
    await before(isSame, first, then);
    expect(told()).toEqual([]);
  });
});
