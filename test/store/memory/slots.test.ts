import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isKeyOf, isKeyOfTarget, primaryKey, type Whose } from "../../../src/rules/cache-key.ts";
import { createSlots, type Keyed } from "../../../src/store/memory/slots.ts";

interface Slot extends Keyed<Slot> {
  readonly primaryKey: string;
}

function slotOf(primaryKey: string): Slot {
  return {
    ...{ primaryKey, previousAlike: undefined, nextAlike: undefined },
    ...{ previousMarked: undefined, nextMarked: undefined },
  };
}

const everywhere: Whose = { host: null, site: null };
const keys = ["/a one.example", "/a two.example", "/a ", "/ab one.example", "/ one.example"];

function filled(primaryKeys: readonly string[]) {
  const slots = createSlots<Slot>();
  for (const key of primaryKeys) slots.add(slotOf(key));
  const keysOf = (target: string, whose = everywhere) =>
    slots
      .ofTarget(target, whose)
      .map((slot) => slot.primaryKey)
      .sort();
  const remove = (key: string) => {
    const slot = slots.get(key);
    if (slot !== undefined) slots.delete(slot);
  };
  return { slots, keysOf, remove };
}

describe("what is held", () => {
  test("of a target is of every host, and of no target that begins likewise", () => {
    const { keysOf } = filled(keys);
    expect(keysOf("/a")).toEqual(["/a ", "/a one.example", "/a two.example"]);
    expect(keysOf("/ab")).toEqual(["/ab one.example"]);
    expect(keysOf("/b")).toEqual([]);
  });

  // The first, a middle one and the last of their chain, in any order.
  test.each<[number, number, number]>([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])("of a target is what was not deleted: %d, %d, %d", (first, second, third) => {
    const { slots, keysOf, remove } = filled(keys);
    const left = new Set(keys.slice(0, 3));
    for (const index of [first, second, third]) {
      const key = keys[index] ?? "";
      remove(key);
      left.delete(key);
      expect(keysOf("/a")).toEqual([...left].sort());
    }
    slots.add(slotOf("/a new.example"));
    expect(keysOf("/a")).toEqual(["/a new.example"]);
    expect(slots.size).toBe(3);
  });

  test("of a target, a host and a site is each key of theirs, whatever scheme and marks it has, and no other", () => {
    const target = fc.constantFrom("/", "/a", "/ab");
    const host = fc.constantFrom("", "a.example", "b.example");
    const site = fc.constantFrom("", "shop", "blog");
    const scheme = fc.constantFrom("http" as const, "https" as const);
    const marks = fc.uniqueArray(fc.constantFrom("rule:a", "cookie:b=c"));
    const key = fc.record({ target, host, site, scheme, marks }).map(primaryKey);
    const whose = fc.record({ host: fc.option(host), site: fc.option(site) });
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { minLength: 30 }),
        fc.nat(30),
        target,
        whose,
        (all, gone, path, of) => {
          const { keysOf, remove } = filled(all);
          for (const each of all.slice(0, gone)) remove(each);
          const meant = all.slice(gone).filter((each) => isKeyOfTarget(each, path) && isKeyOf(each, of));
          expect(keysOf(path, of)).toEqual(meant.sort());
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });
});

/** Clients can make up hosts; a POST for one of them must not take as long as there are others. */
test("who asks for a page of one host, or of one site, does not pass by those of others", () => {
  const others = Array.from({ length: 1000 }, (_, i) => [
    primaryKey({ target: "/", host: `h${i}.example` }),
    primaryKey({ target: "/", host: `h${i}.example`, site: "blog" }),
    primaryKey({ target: "/", host: `h${i}.example`, marks: ["rule:a"] }),
  ]).flat();
  let readings = 0;
  const slots = createSlots<Slot>();
  for (const key of others) {
    const get = () => {
      readings++;
      return key;
    };
    slots.add(Object.defineProperty(slotOf(key), "primaryKey", { get }));
  }
  readings = 0;
  expect(slots.ofTarget("/", { host: "h7.example", site: "" })).toHaveLength(2);
  expect(slots.ofTarget("/", { host: "h7.example", site: null })).toHaveLength(3);
  expect(slots.ofTarget("/", { host: null, site: "shop" })).toEqual([]);
  expect(readings).toBeLessThan(20);
});
