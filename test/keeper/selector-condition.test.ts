import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { conditionOf } from "../../src/keeper/selector-condition.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { selects } from "../../src/store/selecting.ts";
import type { Selector } from "../../src/store/tier.ts";
import { policy } from "../store/samples.ts";

const database = new Database(":memory:");
database.run("CREATE TABLE responses (seq INTEGER PRIMARY KEY, primaryKey TEXT, variantKey TEXT)");
database.run("CREATE TABLE groups (name TEXT, seq INTEGER)");
afterAll(() => database.close());

// Words that begin, end or contain each other, and what is a sign to GLOB or LIKE.
const target = fc.constantFrom("/", "/a", "/ab", "/a%", "/a_", "/a*", "/é", "/a?b", "/\u{10FFFF}");
const host = fc.constantFrom("", "a", "a.a", "a:1", "s", "+https");
const site = fc.constantFrom("", "s", "ss", "s.s", "_");
const scheme = fc.constantFrom("http" as const, "https" as const);
const marks = fc.uniqueArray(fc.constantFrom("@s", "rule:a", "cookie:é=1"));
const parts = fc.record({ target, host, site, scheme, marks });
const groups = fc.uniqueArray(fc.constantFrom("g", "h"));
const whose = { host: fc.option(host), site: fc.option(site) };
const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.record({ by: fc.constant("key" as const), primaryKey: parts.map(primaryKey) }),
  fc.record({ by: fc.constant("target" as const), target, ...whose }),
  fc.record({ by: fc.constant("prefix" as const), targetPrefix: target, ...whose }),
  fc.record({ by: fc.constant("group" as const), group: fc.constantFrom("g", "h"), ...whose }),
);

test("the rows that a selector names are the responses that it selects", () => {
  const responses = fc.array(fc.record({ parts, groups }), { minLength: 20, maxLength: 40 });
  fc.assert(
    fc.property(responses, fc.array(selector, { minLength: 10 }), (stored, selectors) => {
      database.run("DELETE FROM responses");
      database.run("DELETE FROM groups");
      const selectables = stored.map((each, seq) => {
        const key = primaryKey(each.parts);
        database.run("INSERT INTO responses VALUES (?, ?, '')", [seq, key]);
        for (const name of each.groups) database.run("INSERT INTO groups VALUES (?, ?)", [name, seq]);
        return { primaryKey: key, variantKey: "", policy: policy({ groups: each.groups }) };
      });
      for (const each of selectors) {
        const { where, values } = conditionOf(each);
        const rows = database.query(`SELECT seq FROM responses WHERE ${where} ORDER BY seq`);
        const selected = [...selectables.keys()].filter((seq) => {
          const response = selectables[seq];
          return response !== undefined && selects(each, response);
        });
        expect([each, rows.values(...values).flat()]).toEqual([each, selected]);
      }
    }),
    { numRuns: 100, seed: 7 },
  );
});

/** A removal comes with each POST: it must not read an index of a million responses through. */
test.each<[Selector, from: string]>([
  [{ by: "target", target: "/a", host: null, site: null }, "/a "],
  [{ by: "target", target: "/a", host: null, site: "shop" }, "/a @shop "],
  [{ by: "target", target: "/a", host: "a.example", site: "shop" }, "/a @shop a.example"],
  [{ by: "target", target: "/a", host: "a.example", site: "" }, "/a a.example"],
  [{ by: "prefix", targetPrefix: "/a", host: null, site: "" }, "/a"],
])("%j is found by way of the index of keys, from %p on", (each, from) => {
  database.run("CREATE INDEX IF NOT EXISTS byKey ON responses (primaryKey, variantKey)");
  const { where, values } = conditionOf(each);
  const plan = database
    .query(`EXPLAIN QUERY PLAN SELECT seq FROM responses WHERE ${where}`)
    .values(...values);
  expect(String(plan)).toContain("SEARCH responses USING COVERING INDEX byKey");
  expect(values[0]).toBe(from);
});
