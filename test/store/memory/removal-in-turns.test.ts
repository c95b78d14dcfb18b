import { describe, expect, test } from "bun:test";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import type { Selector, StoredResponse } from "../../../src/store/tier.ts";
import { bytesOf, newId, newResponse, order, policy } from "../samples.ts";

function open(maxBytes: number) {
  return createMemoryStore<string>({ now: () => 0, removals: createRemovals(1), maxBytes, order, newId });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A store of so many small responses, all in one group, and a removal of them all that is still under way. */
function beginRemoval(count: number) {
  const store = open(100_000_000);
  const held = Array.from({ length: count }, (_, i) => {
    const entry = newResponse({ primaryKey: `/${i} a.example`, policy: policy({ groups: ["g"] }) });
    return store.put(entry, bytesOf(1)).response;
  });
  const isHeld = ({ primaryKey, id }: StoredResponse) =>
    (store.peek(primaryKey) ?? []).some(({ response }) => response.id === id);
  return { store, held, isHeld };
}

const wide: readonly Selector[] = [
  { by: "all" },
  { by: "prefix", targetPrefix: "/", host: null, site: null },
  { by: "group", group: "g", host: null, site: null },
];

describe("a removal of many from memory", () => {
  test.each(wide)("lets others have their turn: %j", async (selector) => {
    const { store, held, isHeld } = beginRemoval(10_000);
    const removing = store.remove(selector);
    await turn();
    const left = held.filter(isHeld).length;
    expect([left > 0, left < held.length]).toEqual([true, true]);
    expect(await removing).toBe(held.length);
    expect([held.filter(isHeld).length, store.objects, store.bytes]).toEqual([0, 0, 0]);
  });

  test.each([false, true])(
    "lets others have their turn sooner where each has many names; softly: %p",
    async (soft) => {
      const store = open(100_000_000);
      const tags = Array.from({ length: 1_000 }, (_, place) => `a name of some length ${place}`);
      for (let i = 0; i < 60; i++) {
        const policyOfMany = policy({ tags, staleWhileRevalidateWindow: 60 });
        store.put(newResponse({ primaryKey: `/${i} a.example`, policy: policyOfMany }), bytesOf(1));
      }
      const tag = { by: "tag", tag: "a name of some length 7", host: null, site: null } as const;
      let isDone = false;
      const removing = store.remove(soft ? { ...tag, soft } : tag).finally(() => {
        isDone = true;
      });
      await turn();
      expect(isDone).toBe(false);
      expect(await removing).toBe(60);
    },
  );

  test.each(wide)("is not outlived by what is renewed or copied meanwhile: %j", async (selector) => {
    const { store, held, isHeld } = beginRemoval(10_000);
    const removing = store.remove(selector);
    const last = held.filter(isHeld).slice(-1);
    expect(last).not.toBeEmpty();
    for (const response of last) {
      expect(await store.freshen(response, response.fields, policy(), order.next())).toBeUndefined();
      expect(await store.copyAs("other", response, response.fields, policy(), 1)).toBeUndefined();
    }
    await removing;
    expect(store.objects).toBe(0);
  });

  test("ends, though as many come in as go", async () => {
    const { store } = beginRemoval(10_000);
    let isUnderWay = true;
    const removing = store.remove({ by: "all" }).finally(() => (isUnderWay = false));
    let added = 0;
    while (isUnderWay && added < 100_000) {
      for (let i = 0; i < 5_000; i++) {
        store.put(newResponse({ primaryKey: `/new-${added++} a.example` }), bytesOf(1));
      }
      await turn();
    }
    expect(isUnderWay).toBeFalse();
    await removing;
  });

  test("leaves alone what has come in the place of what went meanwhile", async () => {
    const store = open(100_000_000);
    const keys = Array.from({ length: 5_000 }, (_, i) => `/page host-${i}.example`);
    for (const primaryKey of keys) store.put(newResponse({ primaryKey }), bytesOf(1));
    const removing = store.remove({ by: "target", target: "/page", host: null, site: null });
    for (const primaryKey of keys) {
      await store.remove({ by: "key", primaryKey });
      store.put(newResponse({ primaryKey }), bytesOf(1));
    }
    await removing;
    expect(store.objects).toBe(keys.length);
    await store.remove({ by: "all" });
    expect([store.objects, store.bytes]).toEqual([0, 0]);
  });
});
