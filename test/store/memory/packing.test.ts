import { expect, test } from "bun:test";
import type { Policy } from "../../../src/rules/policy.ts";
import type { EntryBody, MemoryEntry } from "../../../src/store/memory/entry.ts";
import { namesIn, pack, unpack } from "../../../src/store/memory/packing.ts";
import { storedAs } from "../../../src/store/tier.ts";
import { createSharing } from "../../../src/store/memory/sharing.ts";
import { bytesOf, newResponse, policy } from "../samples.ts";

/** No two values of one type are equal, but for the booleans, so that one in the place of another shows. */
const distinct: Policy = {
  freshnessLifetime: 1,
  lifetimeSource: "heuristic",
  correctedInitialAge: 2,
  responseAt: 4,
  revalidateAlways: false,
  revalidateWhenStale: false,
  immutable: false,
  staleWhileRevalidateWindow: 5,
  staleIfErrorWindow: 6,
  entityTag: 'W/"seven\\"',
  lastModifiedAt: 8,
  dateAt: 9,
  withheldFields: ["ten"],
  sharedWith: "anonymous",
  vary: ["eleven"],
  contentLanguage: "twelve",
  contentEncoding: "thirteen",
  groups: ["fourteen"],
  tags: ["fourteen", "fifteen"],
};
const absent: Policy = policy({ entityTag: null, lastModifiedAt: null });
const inMemory: EntryBody = { kind: "memory", bytes: bytesOf(10) };
const inFile: EntryBody = { kind: "file", path: "/a/file", size: 10, modifiedAt: 1.5 };

function entryOf(changes: Parameters<typeof newResponse>[0], body = inMemory): MemoryEntry<string> {
  const response = storedAs(newResponse(changes), "an id", 10, 15);
  return { response, body, ready: undefined, hits: 0 };
}

const cases: [string, MemoryEntry<string>[]][] = [
  ["nothing", []],
  ["every value of a policy", [entryOf({ policy: distinct })]],
  ["rules that decided", [entryOf({ policy: { ...distinct, rules: ["fifteen", "sixteen"] } })]],
  ["its absent values", [entryOf({ policy: absent })]],
  ["always revalidated", [entryOf({ policy: { ...distinct, revalidateAlways: true } })]],
  ["revalidated when stale", [entryOf({ policy: { ...distinct, revalidateWhenStale: true } })]],
  ["immutable", [entryOf({ policy: { ...distinct, immutable: true } })]],
  ["a body in a file", [entryOf({}, inFile)]],
  [
    "fields of every kind",
    [
      entryOf({
        status: 404,
        variantKey: 'accept:"a\n\u0000',
        fields: [
          ["set-cookie", "a=1"],
          ["set-cookie", 'b="2", c\\'],
          ["x-bytes", "caf\u00e9\u00ff\ttab"],
          ["x-empty", ""],
        ],
      }),
    ],
  ],
  [
    "several variants",
    [
      entryOf({ variantKey: "a", policy: distinct }),
      entryOf({ variantKey: "b" }, inFile),
      entryOf({ variantKey: "c", fields: [] }),
    ],
  ],
];
test.each(cases)("what was packed is unpacked as it was: %s", (_, entries) => {
  const sharing = createSharing();
  const unpacked = unpack<string>(newResponse().primaryKey, pack(entries, sharing), sharing);
  expect(unpacked).toEqual(entries);
  for (const [index, { body }] of unpacked.entries()) {
    const packed = entries[index]?.body;
    if (body.kind === "memory" && packed?.kind === "memory") expect(body.bytes).toBe(packed.bytes);
  }
});

test("what differs from response to response is not in the form, which is one and the same for them", () => {
  const sharing = createSharing();
  const instants = { responseAt: 21, dateAt: 22, lastModifiedAt: 23 };
  const ages = { freshnessLifetime: 24, correctedInitialAge: 25 };
  const other = policy({ ...instants, ...ages, entityTag: '"other"', groups: ["other"] });
  const forms = [
    entryOf({}),
    entryOf({
      policy: other,
      fields: [
        ["content-type", "text/html"],
        ["x-bytes", ""],
      ],
    }),
  ].map((entry) => pack([entry], sharing).form);
  expect(new Set(forms).size).toBe(1);
});

test("the names of groups and tags, with quotes and backslashes, are told of what is packed", () => {
  const named = policy({ groups: ["one"], tags: ["one", 'a "b" \\c'] });
  expect(namesIn(pack([entryOf({ policy: named })], createSharing()))).toEqual(["one", "one", 'a "b" \\c']);
});
