import { beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createOutbox, type Outbox, type Parcel } from "../../../src/store/disk/outbox.ts";
import type { Row } from "../../../src/store/disk/row.ts";
import { weightOf } from "../../../src/store/disk/waiting-rows.ts";
import { bytesOf, newResponse, order, policy } from "../samples.ts";

const { primaryKey } = newResponse();
let outbox: Outbox;
beforeEach(() => {
  outbox = createOutbox();
});

let ids = 0;
interface Given {
  readonly id?: string;
  readonly primaryKey?: string;
  readonly variantKey?: string;
  readonly groups?: string[];
  readonly size?: number;
}

function row({ id = `id${++ids}`, groups = [], size = 10, ...keys }: Given = {}): Row {
  const { askedAt: _, ...response } = newResponse({ ...keys, policy: policy({ groups, tags: groups }) });
  return {
    response: { ...response, id, size, version: order.next() },
    checksum: "",
    body: { kind: "memory", bytes: bytesOf(size) },
    lastUsedAt: 1,
    used: false,
  };
}

function freshened(former: Row, groups: string[] = []): Row {
  return {
    ...former,
    response: { ...former.response, version: order.next(), policy: policy({ groups, tags: groups }) },
  };
}

function inserted(given: Given = {}, afterRemoval = 0): Row {
  const entered = row(given);
  outbox.insert(entered, afterRemoval);
  return entered;
}

function taken(most = 64): Parcel {
  const parcel = outbox.take(most, 1e9);
  if (parcel === undefined) throw new Error("something should wait");
  return parcel;
}

function insertsIn({ batch }: Parcel): string[] {
  return batch.inserts.map(({ id }) => id);
}

function updatesIn({ batch }: Parcel): string[] {
  return batch.updates.map(({ id }) => id);
}

const found = (there: readonly Row[] = []) => outbox.overlay(there, primaryKey);

describe("what is found", () => {
  test("is what waits and what lies beneath, newest first, until it has arrived", () => {
    const [beneath, replaced] = [row({ variantKey: "a" }), row({ variantKey: "b" })];
    const waits = inserted({ variantKey: "b" });
    expect(found([replaced, beneath])).toEqual([waits, beneath]);
    const parcel = taken();
    expect(found([replaced, beneath])).toEqual([waits, beneath]);
    outbox.forget(parcel);
    expect(found([beneath])).toEqual([beneath]);
    expect(outbox.load).toEqual({ responses: 0, bytes: 0 });
  });

  test("is a freshened response as it is now", () => {
    const beneath = row();
    const now = freshened(beneath);
    outbox.update(now, 5);
    expect(found([beneath])).toEqual([now]);
  });

  test("is nothing that was found damaged, until the keeper has removed it", () => {
    const [damaged, other] = [row({ variantKey: "a" }), row({ variantKey: "b" })];
    outbox.noteDamaged(damaged.response.id);
    expect(found([damaged, other])).toEqual([other]);
    const parcel = taken();
    expect(parcel.batch.damaged).toEqual([damaged.response.id]);
    expect(outbox.isDamaged(damaged.response.id)).toBe(true);
    outbox.forget(parcel);
    expect(outbox.isDamaged(damaged.response.id)).toBe(false);
  });
});

describe("what is handed over", () => {
  test("is so many responses and about so many bytes at a time, in their order, and then what is left", () => {
    const all = Array.from({ length: 5 }, (_, i) => inserted({ primaryKey: `k${i}`, size: 100 }));
    const names = all.map(({ response }) => response.id);
    expect(insertsIn(taken(2))).toEqual(names.slice(0, 2));
    const parcel = outbox.take(64, 150);
    expect(parcel && insertsIn(parcel)).toEqual(names.slice(2, 4));
    expect(outbox.waiting).toBe(1);
    expect(insertsIn(taken())).toEqual(names.slice(4));
    expect(outbox.take(1, 1)).toBeUndefined();
  });

  test("a response that was freshened before goes as a new one, as it is now", () => {
    const former = inserted({}, 3);
    outbox.update(freshened(former, ["g"]), 5);
    const parcel = taken();
    expect(updatesIn(parcel)).toEqual([]);
    expect(parcel.batch.inserts).toMatchObject([{ id: former.response.id, tags: ["g"], afterRemoval: 3 }]);
  });

  test("a response that was freshened after goes as an update, without its body", () => {
    const former = inserted();
    taken();
    outbox.update(freshened(former), 5);
    const parcel = taken();
    expect(insertsIn(parcel)).toEqual([]);
    expect(parcel.batch.updates).toMatchObject([{ id: former.response.id, body: null }]);
  });

  test("a use of a new response goes with it, others by themselves", () => {
    const { response } = inserted();
    outbox.noteUse(response.id, 7, 2);
    outbox.noteUse("other", 8, 0);
    outbox.noteUse("other", 9, 3);
    outbox.noteUse("other", 10, 4);
    expect(outbox.isUsed("other")).toBe(true);
    const { batch } = taken();
    expect(batch.inserts).toMatchObject([{ used: true, lastUsedAt: 7, hits: 2 }]);
    expect([...batch.uses]).toEqual([["other", { at: 10, hits: 7 }]]);
    expect(outbox.isUsed("other")).toBe(false);
  });

  test("a verification is known until it has arrived; of a file written to since it is another", () => {
    outbox.noteVerified("id", 5);
    const parcel = taken();
    expect([outbox.isVerified("id", 5), outbox.isVerified("id", 6)]).toEqual([true, false]);
    outbox.noteVerified("id", 6);
    outbox.forget(parcel);
    expect(outbox.isVerified("id", 6)).toBe(true);
    outbox.forget(taken());
    expect(outbox.isVerified("id", 6)).toBe(false);
  });

  test("what took its place meanwhile stays when it has arrived", () => {
    inserted();
    const parcel = taken();
    const later = inserted();
    outbox.forget(parcel);
    expect(found()).toEqual([later]);
    expect(insertsIn(taken())).toEqual([later.response.id]);
  });
});

describe("a body is nobody's", () => {
  test("when its response was replaced before it was handed over, and not when after", () => {
    const former = inserted();
    expect(outbox.insert(row(), 0)).toBe(former);
    taken();
    expect(outbox.insert(row(), 0)).toBeUndefined();
  });

  test("when its response was removed before it was handed over; what was, the keeper removes", () => {
    const sent = inserted({ variantKey: "a" });
    taken();
    const unsent = inserted({ variantKey: "b" });
    const other = inserted({ primaryKey: "other" });
    outbox.update(freshened(row({ variantKey: "c" })), 5);
    expect(outbox.remove({ by: "key", primaryKey })).toEqual([unsent]);
    expect(found()).toEqual([]);
    expect(outbox.overlay([], "other")).toEqual([other]);
    expect(sent.response.id).not.toBe(unsent.response.id);
  });

  test("when all is given up", () => {
    inserted({ variantKey: "sent" });
    taken();
    const unsent = inserted();
    outbox.noteUse("x", 1, 0);
    expect(outbox.clear()).toEqual([unsent]);
    expect(outbox.waiting).toBe(0);
  });
});

test.each([
  { by: "group", group: "new", host: null, site: null },
  { by: "tag", tag: "new", host: null, site: null },
] as const)(
  "a response that was freshened into the $by which is removed goes, though its row names another",
  (selector) => {
    const beneath = row({ groups: ["old"] });
    outbox.update(freshened(beneath, ["new"]), 5);
    expect(outbox.remove(selector)).toEqual([]);
    expect(found([beneath])).toEqual([]);
    expect(taken().batch.damaged).toEqual([beneath.response.id]);
  },
);

describe("what has perhaps not arrived", () => {
  test("waits again, before what came later", () => {
    const first = inserted({ primaryKey: "1" });
    outbox.noteUse("used", 1, 5);
    outbox.noteUse("not again", 2, 5);
    outbox.noteVerified("verified", 2);
    outbox.noteDamaged("damaged");
    const parcel = taken();
    const second = inserted({ primaryKey: "2" });
    outbox.noteUse("used", 3, 1);
    expect(outbox.takeBack(parcel)).toEqual([first]);
    const again = taken();
    expect(insertsIn(again)).toEqual([first, second].map(({ response }) => response.id));
    expect([...again.batch.uses]).toEqual([
      ["used", { at: 3, hits: 1 }],
      // They may have been counted.
      ["not again", { at: 2, hits: 0 }],
    ]);
    expect([...again.batch.verified]).toEqual([["verified", 2]]);
    expect(again.batch.damaged).toEqual(["damaged"]);
  });

  test("does not wait again when it was replaced or removed meanwhile", () => {
    inserted({ primaryKey: "removed" });
    inserted();
    const parcel = taken();
    outbox.remove({ by: "key", primaryKey: "removed" });
    const later = inserted();
    expect(outbox.takeBack(parcel)).toEqual([]);
    expect(insertsIn(taken())).toEqual([later.response.id]);
  });

  test.each([
    ["waits", false],
    ["was handed over, too", true],
  ])(
    "goes again as a new response and a change of it when its freshened state %s: there may be a row or none",
    (_, isSent) => {
      const former = inserted({}, 3);
      const parcel = taken();
      const now = freshened(former, ["g"]);
      outbox.update(now, 5);
      const second = isSent ? taken() : undefined;
      expect(outbox.takeBack(parcel)).toEqual([now]);
      if (second !== undefined) expect(outbox.takeBack(second)).toEqual([]);
      const again = taken();
      expect(again.batch.inserts).toMatchObject([{ id: former.response.id, tags: ["g"], afterRemoval: 3 }]);
      expect(updatesIn(again)).toEqual([former.response.id]);
      expect(found()).toEqual([now]);
      outbox.forget(again);
      expect(outbox.load).toEqual({ responses: 0, bytes: 0 });
    },
  );
});

test("whatever happens to it, no more is counted than is there, and all of it goes in the end", () => {
  const step = fc.record({
    act: fc.constantFrom("insert", "update", "remove", "group", "take", "forget", "takeBack"),
    key: fc.constantFrom("k1", "k2"),
    variantKey: fc.constantFrom("a", "b"),
    size: fc.nat(50),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      outbox = createOutbox();
      const parcels: Parcel[] = [];
      for (const { act, key, variantKey, size } of steps) {
        const keys = { primaryKey: key, variantKey };
        const [there] = outbox
          .overlay([row(keys)], key)
          .filter((each) => each.response.variantKey === variantKey);
        if (act === "insert") outbox.insert(row({ ...keys, size }), 0);
        else if (act === "update" && there !== undefined) outbox.update(freshened(there, ["g"]), 5);
        else if (act === "remove") outbox.remove({ by: "variant", ...keys });
        else if (act === "group") outbox.remove({ by: "group", group: "g", host: null, site: null });
        else if (act === "take") parcels.push(...[outbox.take(2, 60)].flatMap((parcel) => parcel ?? []));
        else if (act === "forget") outbox.forget(parcels.shift() ?? { batch: emptyBatch(), entries: [] });
        else for (const parcel of parcels.splice(0)) outbox.takeBack(parcel);
        const all = ["k1", "k2"].flatMap((name) => outbox.overlay([], name));
        expect(outbox.load).toEqual({
          responses: all.length,
          bytes: all.reduce((sum, each) => sum + weighed(each), 0),
        });
      }
      for (const parcel of parcels) outbox.forget(parcel);
      for (let parcel = outbox.take(2, 60); parcel !== undefined; parcel = outbox.take(2, 60))
        outbox.forget(parcel);
      expect(outbox.load).toEqual({ responses: 0, bytes: 0 });
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("fields and names count in what waits, for they may be more than the body", () => {
  const names = Array.from({ length: 1_000 }, (_, place) => `product-${place}`);
  inserted({ primaryKey: "1", groups: names });
  inserted({ primaryKey: "2", groups: names });
  expect(outbox.load.bytes).toBeGreaterThan(2 * names.join("").length);
  expect(outbox.take(64, 10_000)?.entries).toHaveLength(1);
});

function weighed(each: Row): number {
  return weightOf({ row: each, isNew: true, isChange: false, afterRemoval: 0 });
}

function emptyBatch(): Parcel["batch"] {
  return { inserts: [], updates: [], uses: new Map(), verified: new Map(), damaged: [] };
}
