import { describe, expect, test } from "bun:test";
import { entryInFull, entryTable } from "../../src/cli/list-words.ts";
import type { Entry, EntryAnswer } from "../../src/control/entries.ts";

const now = 1_700_000_000_000;
const entry: Entry = {
  ...{ key: "/a h", variant: "", target: "/a", host: "h", site: "", scheme: "http", marks: [] },
  ...{ status: 200, type: "text/html", size: 10, held: 10, isPartial: false },
  ...{ age: 5, lifetime: 60, left: 55, isStale: false, tags: [], lastUsedAt: now - 90_000, hits: 1234 },
};
const whole: EntryAnswer = {
  ...entry,
  ...{ id: "1", version: 1, checksum: "c", body: "index", footprint: 4096, fields: [], pieces: [] },
  ...{ respondedAt: now, lifetimeSource: "max-age", staleWhileRevalidate: 0, staleIfError: 0 },
  ...{ revalidateAlways: false, revalidateWhenStale: false, immutable: false, entityTag: null },
  ...{ lastModifiedAt: null, vary: [], sharedWith: "everyone", groups: [], rules: [], variants: [] },
  reuse: { use: "fresh", reason: "hit-fresh", sentence: "it is fresh", clause: "RFC 9111 §4.2" },
  inMemoryOf: [1, 2],
};

test("a list is a table, in which numbers stand right", () => {
  const image = { ...entry, type: "image/png", size: 3_145_728, target: "/large.png", isStale: true };
  expect(entryTable([entry, image], now)).toBe(
    [
      "status  type         size  age   left   used  hits  what",
      "   200  text/html    10 B  5 s   55 s  1 min  1234  http://h/a",
      "   200  image/png  3.0 MB  5 s  stale  1 min  1234  http://h/large.png",
      "",
    ].join("\n"),
  );
  expect(entryTable([], now)).toBe("");
});

describe("an entry is called", () => {
  test.each([
    [{}, "http://h/a"],
    [{ scheme: "https" }, "https://h/a"],
    [{ host: "" }, "/a"],
    [{ site: "shop", marks: ["cookie:lang=de"] }, "http://h/a @shop cookie:lang=de"],
    [
      { variant: "accept-encoding:gzip\naccept-language:de" },
      "http://h/a accept-encoding:gzip accept-language:de",
    ],
  ] as const)("%j", (changes, name) => {
    const [, line = ""] = entryTable(
      [{ ...entry, ...changes, marks: [...(("marks" in changes && changes.marks) || [])] }],
      now,
    ).split("\n");
    expect(line).toEndWith(`  ${name}`);
  });
});

test("a response of which pieces are held says how much, and which", () => {
  const partial = { ...entry, isPartial: true, held: 1024, size: 4096 };
  expect(entryTable([partial], now)).toContain("1.0 kB of 4.0 kB");
  const told = entryInFull({ ...whole, ...partial, body: "pieces", pieces: [{ first: 0, last: 1023 }] }, now);
  expect(told).toContain("piece       bytes 0 to 1023\n");
});

test("what is known of one stands in a line each, and what is not is left out", () => {
  const told = entryInFull(
    { ...whole, revalidateWhenStale: true, tags: ["news"], fields: [["etag", '"1"']] },
    now,
  );
  expect(told.split("\n")).toEqual([
    "http://h/a",
    "  key         /a h",
    "  status      200",
    "  size        10 B (10 bytes), in the index",
    "  age         5 s (5 s)",
    "  lifetime    1 min by max-age, 55 s left",
    "  now         it is fresh (RFC 9111 §4.2)",
    "  but         it is not used stale (must-revalidate or its like)",
    "  validators  none",
    "  serves      everyone",
    "  tags        news",
    "  used        1 min ago",
    "  hits        1234",
    "  memory      of worker 1, 2",
    "  disk        4.0 kB, id 1, checksum c",
    '  field       etag: "1"',
    "",
  ]);
});

test("nothing of an origin or a client ends a line or colours the terminal", () => {
  const evil = "x\u001b[31m\r\nHIT\u202e";
  const hostile = {
    ...whole,
    type: evil,
    variant: evil,
    tags: [evil],
    fields: [["x-evil", evil]],
  } satisfies EntryAnswer;
  const told = entryTable([hostile], now) + entryInFull(hostile, now);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(told).not.toMatch(/^HIT/m);
});
