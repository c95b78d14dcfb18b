import { describe, expect, test } from "bun:test";
import { createSlots, type Keyed } from "../../../src/store/memory/slots.ts";

interface Slot extends Keyed<Slot> {
  readonly primaryKey: string;
}

function slotOf(primaryKey: string): Slot {
  return { primaryKey, previousAlike: undefined, nextAlike: undefined };
}

const keys = ["/a one.example", "/a two.example", "/a ", "/ab one.example", "/ one.example"];

describe("what is held", () => {
  function filled() {
    const slots = createSlots<Slot>();
    for (const key of keys) slots.add(slotOf(key));
    const keysOf = (target: string) => slots.ofTarget(target).map(({ primaryKey }) => primaryKey);
    const remove = (key: string) => {
      const slot = slots.get(key);
      if (slot !== undefined) slots.delete(slot);
    };
    return { slots, keysOf, remove };
  }

  test("of a target is of every host, and of no target that begins likewise", () => {
    const { keysOf } = filled();
    expect(keysOf("/a").sort()).toEqual(["/a ", "/a one.example", "/a two.example"]);
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
    const { slots, keysOf, remove } = filled();
    const left = new Set(keys.slice(0, 3));
    for (const index of [first, second, third]) {
      const key = keys[index] ?? "";
      remove(key);
      left.delete(key);
      expect(keysOf("/a").sort()).toEqual([...left].sort());
    }
    slots.add(slotOf("/a new.example"));
    expect(keysOf("/a")).toEqual(["/a new.example"]);
    expect(slots.size).toBe(3);
  });
});
