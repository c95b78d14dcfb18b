import { beforeEach, describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import type { EntriesQuery } from "../../src/control/entries-query.ts";
import type { ReadAnswer, ReadRequest } from "../../src/control/entries-request.ts";
import type { PurgeSelector } from "../../src/control/selector.ts";
import type { Plan } from "../../src/sites/plan.ts";
import { createEntries } from "../../src/supervisor/entries.ts";

const common = {
  hosts: [],
  origins: ["http://127.0.0.1:1"],
  balance: "round-robin",
  preserveHost: true,
} as const;
const plan: Plan = {
  sites: ["shop", "blog"].map((name) => ({
    ...{ ...common, name, hosts: [`${name}.test`], origins: [...common.origins] },
    ...{ settings: {}, rules: [], presetRules: [] },
  })),
  top: {},
};
const nobodyLeaves = new AbortController().signal;
const whose = { host: null, site: null };

let asked: ReadRequest[];
let answer: ReadAnswer;
let marks: PurgeSelector[];

beforeEach(() => {
  asked = [];
  answer = { kind: "entries", entries: [], last: null, looked: 3, unreadable: 0 };
  marks = [];
});

const entries = createEntries({
  reading: {
    async read(request) {
      asked.push(request);
      return answer;
    },
  },
  fleet: { ask: async () => [] },
  unremoved: {
    get marks() {
      return marks;
    },
  },
  plan: () => plan,
  clock: { steady: () => 17 },
});

async function selectorsFor(query: EntriesQuery): Promise<readonly PurgeSelector[]> {
  await entries.page(query, nobodyLeaves);
  const [request] = asked;
  if (request?.kind !== "entries") throw new Error("a list should have been asked for");
  return request.selectors;
}

describe("a list is looked for where a purge of the same words would", () => {
  test.each([
    [{}, [{ by: "all" }]],
    [{ path: "/a" }, [{ by: "target", target: "/a", ...whose }]],
    [{ url: "http://shop.test/a" }, [{ by: "target", target: "/a", host: "shop.test", site: "shop" }]],
    [{ prefix: "/a" }, [{ by: "prefix", targetPrefix: "/a", ...whose }]],
    [{ glob: "/a/*" }, [{ by: "glob", glob: "/a/*", ...whose }]],
    [{ site: "blog" }, [{ by: "prefix", targetPrefix: "/", host: null, site: "blog" }]],
    [{ tag: "é" }, [{ by: "tag", tag: "Ã©", ...whose }]],
    [{ tag: "t", prefix: "/a" }, [{ by: "prefix", targetPrefix: "/a", ...whose }]],
  ] as const)("%j", async (query, expected) => {
    expect(await selectorsFor(query)).toEqual([...expected] as PurgeSelector[]);
  });

  test("in one way", async () => {
    const refused = entries.page({ path: "/a", host: "shop.test" }, nobodyLeaves);
    expect(await refused.catch((error: unknown) => error)).toEqual(
      new UsageError("there should be one of path and host"),
    );
  });
});

test("what could not be removed is hidden, but for what was to become stale", async () => {
  const hard = { by: "target", target: "/a", ...whose } as const;
  marks = [hard, { ...hard, soft: true }];
  await entries.page({}, nobodyLeaves);
  await entries.entry("/a h", "", nobodyLeaves).catch(() => undefined);
  expect(asked.map(({ hidden }) => hidden)).toEqual([[hard], [hard]]);
});

test("the next page is asked for with what this one says, and no other list takes it", async () => {
  const last = { value: -5, key: "/a h", variant: "" };
  answer = { kind: "entries", entries: [], last, looked: 3, unreadable: 0 };
  const { next } = await entries.page({ sort: "size" }, nobodyLeaves);
  if (next === null) throw new Error("there should be another page");
  await entries.page({ sort: "size", after: next }, nobodyLeaves);
  expect(asked[1]).toMatchObject({ sort: "size", after: last });
  const refused = entries.page({ sort: "age", after: next }, nobodyLeaves);
  expect(await refused.catch((error: unknown) => error)).toBeInstanceOf(UsageError);
});
