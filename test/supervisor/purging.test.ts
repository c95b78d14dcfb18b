import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import type { PurgeSelector } from "../../src/control/selector.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { createPurging } from "../../src/supervisor/purging.ts";
import type { Plan } from "../../src/sites/plan.ts";

const plan: Plan = {
  sites: [
    {
      ...{
        name: "",
        hosts: [],
        origins: ["http://127.0.0.1:1"],
        balance: "round-robin",
        preserveHost: false,
      },
      ...{ settings: {}, rules: [], presetRules: [] },
    },
  ],
  top: {},
};
const asker = { door: "admin", by: "curl", client: null } as const;
const everywhere = { host: null, site: null };
const listed = { key: "/a x", variant: "", status: 200, size: 3, isPartial: false };

function openScene(refusal?: Error) {
  const removed: (readonly PurgeSelector[])[] = [];
  let steady = 0;
  const purging = createPurging({
    fleet: {
      async remove(selectors) {
        removed.push(selectors);
        steady += 5;
        if (refusal !== undefined) throw refusal;
        return { complete: 3, partial: 1, inFlight: 2 };
      },
      list: async () => ({ complete: 1, partial: 0, inFlight: 0, listed: [listed] }),
    },
    plan: () => plan,
    clock: { now: () => 1_000, steady: () => steady },
  });
  return { purging, removed };
}

describe("purging", () => {
  test("several words are one removal; the answer counts by kind and tells how long it took", async () => {
    const { purging, removed } = openScene();
    expect(await purging.purge([{ path: "/a" }, { tag: "news" }], asker)).toEqual({
      ...{ purged: 4, complete: 3, partial: 1, inFlight: 2, soft: false, dryRun: false, milliseconds: 5 },
      lookedFor: '/a of every host; what bears the name "news", of every host',
    });
    expect(removed).toEqual([
      [
        { by: "target", target: "/a", ...everywhere },
        { by: "tag", tag: "news", ...everywhere },
      ],
    ]);
  });

  test("a soft one softens every selector", async () => {
    const { purging, removed } = openScene();
    const { soft } = await purging.purge([{ all: true, soft: true }], asker);
    expect([soft, removed]).toEqual([true, [[{ by: "all", soft: true }]]]);
  });

  test("of several words each is as soft as it says; what has to go is not kept for another's sake", async () => {
    const { purging, removed } = openScene();
    const { soft } = await purging.purge([{ tag: "a", soft: true }, { tag: "b" }], asker);
    const [stale, gone] = [
      { by: "tag", tag: "a", ...everywhere, soft: true },
      { by: "tag", tag: "b", ...everywhere },
    ] as const;
    expect([soft, removed]).toEqual([false, [[stale, gone]]]);
  });

  test("of many names the beginning is told: a thousand purges are kept in mind", async () => {
    const { purging } = openScene();
    const tags = Array.from({ length: 1_000 }, (_, place) => `product-${place}`);
    const { lookedFor } = await purging.purge([{ tags }], asker);
    expect(lookedFor).toMatch(/^what bears the name "product-0" or .*…$/);
    expect(lookedFor.length).toBeLessThan(1_100);
    expect(purging.past[0]?.lookedFor).toBe(lookedFor);
  });

  test("a dry run removes nothing, lists, and is no past purge", async () => {
    const { purging, removed } = openScene();
    expect(await purging.purge([{ path: "/a", dryRun: true }], asker)).toMatchObject({
      ...{ purged: 1, dryRun: true, listed: [listed] },
    });
    expect([removed, purging.past]).toEqual([[], []]);
  });

  test("past ones are told newest first, the last thousand, failed ones with why", async () => {
    const { purging } = openScene(new FleetError("the disk is full"));
    for (let turn = 0; turn < 1_600; turn += 1) {
      await purging.purge([{ path: `/${turn}` }], asker).catch(() => undefined);
    }
    expect(purging.past).toHaveLength(1_000);
    expect(purging.past[0]).toEqual({
      ...{ at: 1_000, asker, lookedFor: "/1599 of every host", soft: false, milliseconds: 5 },
      ...{ purged: 0, complete: 0, partial: 0, inFlight: 0, error: "the disk is full" },
    });
    expect(purging.past.at(-1)?.lookedFor).toBe("/600 of every host");
  });

  test("what nothing can be meant by is refused before anything is removed, and is no past purge", async () => {
    const { purging, removed } = openScene();
    await expect(purging.purge([{ path: "/a" }, { all: true, site: "shop" }], asker)).rejects.toThrow(
      UsageError,
    );
    expect([removed, purging.past]).toEqual([[], []]);
  });

  test("they are counted, with the responses that went", async () => {
    const { purging } = openScene();
    await purging.purge([{ all: true }], asker);
    await purging.purge([{ all: true }], asker);
    expect(purging.counters()).toEqual({ "purge.requests": 2, "purge.responses": 8 });
  });
});
