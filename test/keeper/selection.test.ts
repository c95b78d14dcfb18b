import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Index } from "../../src/keeper/index.ts";
import { prepareSelection } from "../../src/keeper/selection.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { selects } from "../../src/store/selecting.ts";
import type { Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { policy } from "../store/samples.ts";
import { batchOf, newRow } from "./batches.ts";

const directory = directoryForEachTest();

// Words that begin, end or contain each other, and what is a sign to GLOB or LIKE, or percent-encoded.
const targets = ["/", "/a", "/ab", "/a%", "/a_", "/a*", "/é", "/%C3%A9", "/a?b", "/%61b", "/a/%62", "/a/b/c"];
const target = fc.constantFrom(...targets, "/\u{10FFFF}");
const glob = fc.constantFrom("/*", "/a*", "/a/**", "/**/b", "/é", "/%C3*", "/a%25*", "/a?*", "/ab", "*b");
const host = fc.constantFrom("", "a", "a.a", "a:1", "s", "+https");
const site = fc.constantFrom("", "s", "ss", "s.s", "_");
const scheme = fc.constantFrom("http" as const, "https" as const);
const marks = fc.uniqueArray(fc.constantFrom("@s", "rule:a", "cookie:é=1"));
const parts = fc.record({ target, host, site, scheme, marks });
const groups = fc.uniqueArray(fc.constantFrom("g", "h"));
const others = fc.uniqueArray(fc.constantFrom("g", "t", "G"));
const whose = { host: fc.option(host), site: fc.option(site) };
const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.record({ by: fc.constant("key" as const), primaryKey: parts.map(primaryKey) }),
  fc.record({
    by: fc.constant("variant" as const),
    primaryKey: parts.map(primaryKey),
    variantKey: fc.constantFrom("", "v"),
  }),
  fc.record({ by: fc.constant("target" as const), target, ...whose }),
  fc.record({ by: fc.constant("prefix" as const), targetPrefix: target, ...whose }),
  fc.record({ by: fc.constant("glob" as const), glob, ...whose }),
  fc.record({ by: fc.constant("group" as const), group: fc.constantFrom("g", "h", "t"), ...whose }),
  fc.record({ by: fc.constant("tag" as const), tag: fc.constantFrom("g", "h", "t"), ...whose }),
  fc.constant({ by: "all" as const }),
);

function fill(
  index: Index,
  stored: readonly { key: string; variantKey: string; policy: ReturnType<typeof policy> }[],
) {
  const rows = stored.map(({ key, variantKey, policy }) =>
    newRow({
      primaryKey: key,
      variantKey,
      policy: JSON.stringify(policy),
      tags: policy.tags,
      body: new Uint8Array(1),
    }),
  );
  index.commit(batchOf(rows));
}

test("the rows that a selector names are the responses that it selects", async () => {
  const response = fc.record({ parts, groups, others, variantKey: fc.constantFrom("", "v") });
  const responses = fc.uniqueArray(response, {
    ...{ minLength: 20, maxLength: 40 },
    selector: (each) => `${primaryKey(each.parts)}\n${each.variantKey}`,
  });
  const index = directory.keep();
  await fc.assert(
    fc.asyncProperty(responses, fc.array(selector, { minLength: 10 }), async (stored, selectors) => {
      await index.remove([{ by: "all" }]);
      const selectables = stored.map(({ parts, groups, others, variantKey }) => {
        const tags = [...new Set([...groups, ...others])];
        return {
          key: primaryKey(parts),
          primaryKey: primaryKey(parts),
          variantKey,
          policy: policy({ groups, tags }),
        };
      });
      fill(index, selectables);
      for (const each of selectors) {
        const named = await index.list([each], 100);
        const told = named.listed.map(({ key, variant }) => `${key}\n${variant}`).sort();
        const selected = selectables.filter((response) => selects(each, response));
        expect([each, told]).toEqual([each, selected.map((one) => `${one.key}\n${one.variantKey}`).sort()]);
      }
    }),
    { numRuns: 60, seed: 7 },
  );
});

describe("names that share their hash", () => {
  /** As if the two of them had one: the index of tags says of each row that it may bear the other. */
  async function collide(): Promise<Index> {
    const index = directory.keep();
    const keyed = (key: string) => ({ key, variantKey: "", policy: policy({ groups: [key], tags: [key] }) });
    fill(index, [keyed("one"), keyed("other")]);
    const database = new Database(directory.index);
    database.run("INSERT OR IGNORE INTO tags SELECT one.hash, other.seq FROM tags AS one, tags AS other");
    database.close();
    return index;
  }

  test.each<[string, Selector]>([
    ["a tag", { by: "tag", tag: "one", host: null, site: null }],
    ["a tag softly", { by: "tag", tag: "one", host: null, site: null, soft: true }],
    ["a group", { by: "group", group: "one", host: null, site: null }],
  ])("are told apart where %s is removed", async (_, named) => {
    const index = await collide();
    expect((await index.list([named], 9)).listed.map(({ key }) => key)).toEqual(["one"]);
    expect((await index.remove([named])).counts).toEqual([{ complete: 1, partial: 0 }]);
  });
});

test("each row is counted once, whatever names it, and of many as many are told as are wanted", async () => {
  const index = directory.keep();
  const rows = Array.from({ length: 600 }, (_, i) => `/${i} h`);
  fill(
    index,
    rows.map((key) => ({ key, variantKey: "", policy: policy({ tags: ["a", "b"] }) })),
  );
  const named = ["a", "b"].map((tag): Selector => ({ by: "tag", tag, host: null, site: null }));
  const { listed, ...counts } = await index.list(named, 3);
  expect(counts).toEqual({ complete: 600, partial: 0 });
  expect(listed).toEqual(
    rows.slice(0, 3).map((key) => ({ key, variant: "", status: 200, size: 1, isPartial: false })),
  );
  expect(index.totals().objects).toBe(600);
});

test("keys of more than a megabyte are not told in one message", async () => {
  const index = directory.keep();
  const long = "x".repeat(100_000);
  fill(
    index,
    Array.from({ length: 20 }, (_, i) => ({ key: `/${i}${long} h`, variantKey: "", policy: policy() })),
  );
  const { complete, listed } = await index.list([{ by: "all" }], 1000);
  expect([complete, listed.length]).toEqual([20, 10]);
});

/** A removal comes with each POST: it must not read an index of a million responses through. */
test("no selector but that of all reads the index through", () => {
  const index = directory.keep();
  fill(
    index,
    Array.from({ length: 5 }, (_, i) => ({
      key: `/${i} h`,
      variantKey: "",
      policy: policy({ tags: ["t"] }),
    })),
  );
  const database = new Database(directory.index);
  const plans = statementsOf(database);
  database.close();
  for (const plan of plans) expect(plan).not.toContain("SCAN responses");
});

/** How SQLite finds what each statement of a selection asks for. */
function statementsOf(database: Database): string[] {
  const plans: string[] = [];
  const query = (sql: string) => {
    const parameters = sql.match(/\?/g)?.map(() => 1) ?? [];
    plans.push(JSON.stringify(database.query(`EXPLAIN QUERY PLAN ${sql}`).values(...parameters)));
    return database.query(sql);
  };
  prepareSelection({ query } as unknown as Database);
  return plans;
}
