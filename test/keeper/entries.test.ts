import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { EntriesRead, EntriesRequest, Wanted } from "../../src/control/entries-request.ts";
import { sorts } from "../../src/control/entries-request.ts";
import type { Index } from "../../src/keeper/index.ts";
import { readEntries } from "../../src/keeper/entries/page.ts";
import { readEntry } from "../../src/keeper/entries/whole.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import type { Policy } from "../../src/rules/policy.ts";
import { indexPath } from "../../src/store/disk/index-format.ts";
import { openToRead } from "../../src/store/disk/reading-connection.ts";
import type { Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { policy } from "../store/samples.ts";
import { batchOf, newRow } from "./batches.ts";

const directory = directoryForEachTest();
/** What the clock of the samples says. */
const now = 1_700_000_000_000;
const any = { least: null, most: null };
const anything: Wanted = {
  ...{ tag: null, type: null, isStale: null, isPartial: null },
  ...{ status: any, size: any, age: any, left: any, unusedFor: any, hits: any },
};
const all: EntriesRequest = {
  ...{ kind: "entries", selectors: [{ by: "all" }], hidden: [], wanted: anything, now },
  ...{ sort: "key", isReversed: false, limit: 100, after: null },
};

interface Stored {
  readonly target: string;
  readonly variant?: string;
  readonly site?: string;
  readonly size?: number;
  readonly status?: number;
  readonly type?: string;
  readonly lastUsedAt?: number;
  readonly hits?: number;
  readonly policy?: Partial<Policy>;
}

function store(index: Index, responses: readonly Stored[]): void {
  const rows = responses.map(({ target, variant = "", site = "", size = 1, ...said }) => {
    const own = policy(said.policy);
    return newRow({
      primaryKey: primaryKey({ host: "h", site, target }),
      variantKey: variant,
      status: said.status ?? 200,
      body: new Uint8Array(size),
      policy: JSON.stringify(own),
      tags: own.tags,
      fields: JSON.stringify([["Content-Type", said.type ?? "text/html; charset=utf-8"]]),
      lastUsedAt: said.lastUsedAt ?? now,
      hits: said.hits ?? 0,
    });
  });
  index.commit(batchOf(rows));
}

function read(changes: Partial<EntriesRequest> = {}): EntriesRead {
  const { database } = openToRead(indexPath(directory.path), () => ({}));
  try {
    return readEntries(database, { ...all, ...changes });
  } finally {
    database.close(true);
  }
}

function targets(changes: Partial<EntriesRequest> = {}): string[] {
  return read(changes).entries.map(({ target, variant }) => target + variant);
}

test("each way to sort lists all, each once, in pages of any length; the other way round likewise", () => {
  const index = directory.keep();
  const response = fc.record({
    target: fc.constantFrom("/", "/a", "/a/b", "/a?b", "/b", "/bb", "/%C3"),
    variant: fc.constantFrom("", "a", "accept:b", "accept:b\nx"),
    size: fc.integer({ min: 0, max: 3 }),
    lastUsedAt: fc.integer({ min: now - 3, max: now }),
    hits: fc.integer({ min: 0, max: 3 }),
    policy: fc.record({
      responseAt: fc.integer({ min: now - 5000, max: now }),
      correctedInitialAge: fc.integer({ min: 0, max: 3 }),
      freshnessLifetime: fc.integer({ min: 0, max: 3 }),
    }),
  });
  const responses = fc.uniqueArray(response, {
    ...{ minLength: 10, maxLength: 28 },
    selector: ({ target, variant }) => `${target} ${variant}`,
  });
  fc.assert(
    fc.property(
      responses,
      fc.constantFrom(...sorts),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      (stored, sort, isReversed, limit) => {
        index.deleteRows(index.rowsAfter(0, 1000).map(({ id }) => id));
        store(index, stored);
        const found: EntriesRead["entries"] = [];
        for (let after: EntriesRead["last"] = null; ; ) {
          const page = read({ sort, isReversed, limit, after });
          found.push(...page.entries);
          after = page.last;
          if (after === null) break;
          expect(page.entries).toHaveLength(limit);
        }
        expect(found).toHaveLength(stored.length);
        expect(new Set(found.map(({ key, variant }) => `${key}\n${variant}`)).size).toBe(stored.length);
        const values = found.map((entry) => {
          const values = {
            key: 0,
            size: -entry.size,
            age: -entry.age,
            left: entry.left,
            used: -entry.lastUsedAt,
            hits: -entry.hits,
          };
          return values[sort];
        });
        expect(values).toEqual(values.toSorted((a, b) => (isReversed ? b - a : a - b)));
        if (sort !== "key") return;
        const keys = found.map(({ key, variant }) => `${key}\0${variant}`);
        const inOrder = keys.toSorted();
        expect(keys).toEqual(isReversed ? inOrder.reverse() : inOrder);
      },
    ),
    { numRuns: 60 },
  );
});

describe("what is wanted", () => {
  const stored: Stored[] = [
    { target: "/page", type: "Text/HTML;charset=utf-8", policy: { tags: ["news", "all"] } },
    { target: "/old", policy: { correctedInitialAge: 50 }, type: "text/plain" },
    { target: "/stale", policy: { responseAt: now - 61_000 }, status: 404 },
    { target: "/large", size: 5000, type: "image/png", lastUsedAt: now - 120_000, hits: 7 },
  ];
  const cases: [string, Partial<Wanted>, string[]][] = [
    ["nothing in particular", {}, ["/large", "/old", "/page", "/stale"]],
    ["a type", { type: "text/html" }, ["/page", "/stale"]],
    ["a kind of types", { type: "text/*" }, ["/old", "/page", "/stale"]],
    ["a status", { status: { least: 400, most: 499 } }, ["/stale"]],
    ["a size at least", { size: { least: 5000, most: null } }, ["/large"]],
    ["a size at most", { size: { least: null, most: 4999 } }, ["/old", "/page", "/stale"]],
    ["an age at least", { age: { least: 50, most: null } }, ["/old", "/stale"]],
    ["an age at most", { age: { least: null, most: 50 } }, ["/large", "/old", "/page"]],
    ["a lifetime left at least", { left: { least: 11, most: null } }, ["/large", "/page"]],
    ["a lifetime left at most", { left: { least: null, most: 10 } }, ["/old", "/stale"]],
    ["not used for", { unusedFor: { least: 120_000, most: null } }, ["/large"]],
    ["used within", { unusedFor: { least: null, most: 119_999 } }, ["/old", "/page", "/stale"]],
    ["hits at least", { hits: { least: 7, most: null } }, ["/large"]],
    ["hits at most", { hits: { least: null, most: 6 } }, ["/old", "/page", "/stale"]],
    ["stale", { isStale: true }, ["/stale"]],
    ["fresh", { isStale: false }, ["/large", "/old", "/page"]],
    ["whole", { isPartial: false }, ["/large", "/old", "/page", "/stale"]],
    ["partial", { isPartial: true }, []],
    ["a tag", { tag: "news" }, ["/page"]],
    ["two things", { type: "text/*", isStale: false }, ["/old", "/page"]],
  ];
  test.each(cases)("%s", (_, wanted, expected) => {
    store(directory.keep(), stored);
    expect(targets({ wanted: { ...anything, ...wanted } })).toEqual(expected);
  });
});

describe("where it is looked for", () => {
  const whose = { host: null, site: null };
  const cases: [string, readonly Selector[], string[]][] = [
    ["a target", [{ by: "target", target: "/a", ...whose }], ["/a", "/a"]],
    ["a prefix", [{ by: "prefix", targetPrefix: "/a/", ...whose }], ["/a/b"]],
    ["a glob", [{ by: "glob", glob: "/*", ...whose }], ["/a", "/a", "/b"]],
    ["a site", [{ by: "prefix", targetPrefix: "/", host: null, site: "s" }], ["/a"]],
    ["a tag", [{ by: "tag", tag: "t", ...whose }], ["/b"]],
    [
      "two that name the same",
      [
        { by: "target", target: "/b", ...whose },
        { by: "tag", tag: "t", ...whose },
      ],
      ["/b"],
    ],
  ];
  test.each(cases.flatMap(([name, ...rest]) => sorts.map((sort) => [name, sort, ...rest] as const)))(
    "%s, by %s",
    (_, sort, selectors, expected) => {
      store(directory.keep(), [
        { target: "/a" },
        { target: "/a", site: "s" },
        { target: "/a/b" },
        { target: "/b", policy: { tags: ["t"] } },
      ]);
      expect(targets({ selectors: [...selectors], sort }).sort()).toEqual(expected);
    },
  );
});

test("by key no more is read than the page needs, and a page further on begins where it does", () => {
  const many = Array.from({ length: 2000 }, (_, page) => ({ target: `/${1000 + page}` }));
  store(directory.keep(), many);
  const first = read({ limit: 10 });
  expect(first.looked).toBeLessThan(600);
  const middle = read({ limit: 10, after: { value: 0, key: "/2500 h", variant: "" } });
  expect(middle.entries.map(({ target }) => target)).toEqual(
    Array.from({ length: 10 }, (_, page) => `/${2501 + page}`),
  );
  expect(middle.looked).toBeLessThan(600);
});

test("what was removed and lies on the disk still is not listed, nor found", () => {
  const index = directory.keep();
  store(index, [{ target: "/a" }, { target: "/b" }]);
  const hidden: Selector[] = [{ by: "target", target: "/a", host: null, site: null }];
  expect(targets({ hidden })).toEqual(["/b"]);
  expect(whole("/a h", hidden)).toBeNull();
});

test("what cannot be read is counted, and hides no other", () => {
  const index = directory.keep();
  store(index, [{ target: "/good" }]);
  index.commit(
    batchOf([
      newRow({ primaryKey: "/policy h", policy: "{" }),
      newRow({ primaryKey: "/fields h", fields: "7" }),
    ]),
  );
  expect(read({ sort: "age" })).toMatchObject({ entries: [{ target: "/good" }], unreadable: 2 });
});

function whole(key: string, hidden: readonly Selector[] = [], variant = "") {
  const { database } = openToRead(indexPath(directory.path), () => ({}));
  try {
    return readEntry(database, { kind: "entry", key, variant, hidden: [...hidden], now: now + 10_000 });
  } finally {
    database.close(true);
  }
}

describe("one in full", () => {
  test("says what the response does, how it may be used now, and what lies beside it", () => {
    store(directory.keep(), [
      { target: "/a", variant: "accept:x", size: 7, policy: { vary: ["accept"], tags: ["t"], rules: ["r"] } },
      { target: "/a", variant: "accept:y", policy: { vary: ["accept"], freshnessLifetime: 5 } },
    ]);
    expect(whole("/a h", [], "accept:x")).toMatchObject({
      ...{ key: "/a h", variant: "accept:x", target: "/a", host: "h", size: 7, held: 7, body: "index" },
      ...{ age: 10, lifetime: 60, left: 50, isStale: false, tags: ["t"], rules: ["r"], vary: ["accept"] },
      reuse: { use: "fresh", reason: "hit-fresh", clause: "RFC 9111 §4.2" },
      variants: [{ variant: "accept:y", isStale: true }],
    });
    expect(whole("/a h", [], "accept:y")?.reuse).toMatchObject({
      use: "revalidate",
      reason: "revalidate-stale",
    });
  });

  test("fields that go to nobody else are not shown", () => {
    const own = policy({ withheldFields: ["x-secret"] });
    const fields = [
      ["X-Secret", "1"],
      ["Set-Cookie", "id=1"],
      ["X-Other", "2"],
    ];
    directory
      .keep()
      .commit(
        batchOf([
          newRow({ primaryKey: "/a h", policy: JSON.stringify(own), fields: JSON.stringify(fields) }),
        ]),
      );
    expect(whole("/a h")?.fields).toEqual([["X-Other", "2"]]);
  });

  test("is none where nothing is stored under the name", () => {
    store(directory.keep(), [{ target: "/a" }]);
    expect(whole("/a h", [], "other")).toBeNull();
    expect(whole("/b h")).toBeNull();
  });
});
