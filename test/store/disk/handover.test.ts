import { beforeEach, describe, expect, test } from "bun:test";
import { createHandover, type Handover } from "../../../src/store/disk/handover.ts";
import type { Batch, Committed } from "../../../src/store/disk/keeper.ts";
import { createOutbox, type Outbox } from "../../../src/store/disk/outbox.ts";
import type { Row, RowBody } from "../../../src/store/disk/row.ts";
import { StoreError } from "../../../src/store/tier.ts";
import { createFakeClock, type FakeClock } from "../../supervisor/fake-clock.ts";
import { bytesOf, collectTrouble, newResponse } from "../samples.ts";

/** What the keeper was handed, and its answer. */
interface Handed {
  readonly batch: Batch;
  readonly answer: PromiseWithResolvers<Committed>;
}

let timers: FakeClock;
let outbox: Outbox;
let handed: Handed[];
let isThere: boolean;
let reactions: Set<() => void>;
/** What became of room and bodies, in its order. */
let told: string[];
let troubles: ReturnType<typeof collectTrouble>;
let handover: Handover;

beforeEach(() => {
  timers = createFakeClock();
  outbox = createOutbox();
  handed = [];
  isThere = true;
  reactions = new Set();
  told = [];
  troubles = collectTrouble();
  handover = createHandover({
    outbox,
    keeper: {
      get isThere() {
        return isThere;
      },
      onThere(react) {
        reactions.add(react);
        return () => void reactions.delete(react);
      },
      commit(batch) {
        const answer = Promise.withResolvers<Committed>();
        handed.push({ batch, answer });
        return answer.promise;
      },
    } as Parameters<typeof createHandover>[0]["keeper"],
    now: timers.now,
    after: timers.after,
    room: {
      commit: (bytes, files) => void told.push(`over ${bytes} ${files}`),
      reclaim: (bytes, files) => void told.push(`back ${bytes} ${files}`),
    },
    onCommitted: (removal, overtaken) =>
      told.push(`committed ${removal} ${overtaken.map(({ id }) => id).join()}`),
    onRefused: (responses) => told.push(`refused ${responses.map(({ id }) => id).join()}`),
    onTrouble: troubles.onTrouble,
  });
});

const inFile: RowBody = { kind: "file", modifiedAt: 1, generation: 1 };

function rowOf(id: string, size = 10, body: RowBody = { kind: "memory", bytes: bytesOf(size) }): Row {
  const { askedAt: _, ...rest } = newResponse({ primaryKey: id });
  return { response: { ...rest, id, size, version: 1 }, checksum: "", body, lastUsedAt: 0, used: false };
}

function enter(id: string, size?: number, body?: RowBody): void {
  outbox.insert(rowOf(id, size, body), 0);
  handover.scheduleNew();
}

/** As many as are handed over at once, each alone. */
function enterFew(): void {
  for (let i = 0; i < 8; i++) enter(`few ${i}`);
}

const idsOf = ({ batch }: Handed): string[] => batch.inserts.map(({ id }) => id);
const committed = (overtaken: string[] = []): Committed => ({ overtaken, removal: 5 });

function come(): void {
  isThere = true;
  for (const react of [...reactions]) react();
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("what waits is handed over", () => {
  test("at once where few come; together where there are many, within twenty milliseconds", async () => {
    enterFew();
    expect(handed).toHaveLength(8);
    enter("a");
    await timers.advance(10);
    enter("b");
    expect(handed).toHaveLength(8);
    await timers.advance(10);
    expect(handed.slice(8).map(idsOf)).toEqual([["a", "b"]]);
    enter("c");
    expect(handed).toHaveLength(9);
    await timers.advance(20);
    expect(handed.slice(9).map(idsOf)).toEqual([["c"]]);
    enter("d");
    expect(handed.slice(10).map(idsOf)).toEqual([["d"]]);
  });

  test("at once when there are 64, and in as many parts as there are megabytes", () => {
    enterFew();
    for (let i = 0; i < 63; i++) enter(`${i}`);
    expect(handed).toHaveLength(8);
    enter("last");
    expect(handed[8]?.batch.inserts).toHaveLength(64);
    for (let i = 0; i < 3; i++) enter(`big ${i}`, 600_000);
    handover.flush();
    expect(handed.slice(9).map((each) => each.batch.inserts.length)).toEqual([2, 1]);
  });

  test("in no more parcels than the keeper takes: the rest waits, and goes when one has arrived", async () => {
    for (let i = 0; i < 200; i++) {
      outbox.noteUse(`${i}`, i, 0);
      handover.schedule();
      await timers.advance(20);
    }
    expect(handed).toHaveLength(128);
    expect(outbox.waiting).toBe(72);
    await handover.published();
    handed[0]?.answer.resolve(committed());
    await turn();
    expect(handed).toHaveLength(129);
    expect(handed.at(-1)?.batch.uses.size).toBe(72);
  });

  test("not while the keeper is away; then as soon as it is there", async () => {
    isThere = false;
    enter("a");
    await timers.advance(1000);
    await handover.published();
    expect(handed).toEqual([]);
    come();
    expect(handed.map(idsOf)).toEqual([["a"]]);
  });
});

describe("what was handed over at once", () => {
  test("is waited for until it has arrived, each for itself", async () => {
    for (const [index, id] of ["a", "b"].entries()) {
      enter(id);
      const arriving = handover.takeArriving();
      expect(arriving).toBeInstanceOf(Promise);
      expect(handover.takeArriving()).toBeUndefined();
      handed[index]?.answer.resolve(committed());
      await arriving;
    }
  });

  test("is waited for as well when the keeper has come just now, or took something else", async () => {
    come();
    outbox.noteUse("used", 1, 0);
    handover.flush();
    enter("a");
    expect(handover.takeArriving()).toBeInstanceOf(Promise);
  });

  test("is waited for no longer than that is worth", async () => {
    enter("a");
    const arriving = handover.takeArriving();
    await timers.advance(250);
    await arriving;
  });

  test("is not waited for among many, while the keeper is away, or when it does not keep up", async () => {
    enterFew();
    enter("one of many");
    expect(handover.takeArriving()).toBeUndefined();
    await timers.advance(1000);
    enter("while others are under way still");
    expect(handover.takeArriving()).toBeUndefined();
    isThere = false;
    await timers.advance(1000);
    enter("while it is away");
    expect(handover.takeArriving()).toBeUndefined();
  });
});

describe("published", () => {
  test("resolves when all that waits was entered or refused", async () => {
    enter("a");
    enter("b");
    let isPublished = false;
    const publishing = handover.published().then(() => {
      isPublished = true;
    });
    handed[0]?.answer.resolve(committed());
    await timers.advance(20);
    expect(isPublished).toBe(false);
    handed[1]?.answer.reject(new StoreError("SQLITE_FULL", ""));
    await publishing;
  });

  test("is one promise for all who wait for the same, and has nothing handed over before its time", async () => {
    enterFew();
    enter("a");
    expect(handover.published()).toBe(handover.published());
    expect(handed).toHaveLength(8);
    await timers.advance(20);
    expect(handed.slice(8).map(idsOf)).toEqual([["a"]]);
    for (const { answer } of handed) answer.resolve(committed());
    await handover.published();
  });

  test("waits no longer than a second for a keeper that is slow", async () => {
    enter("a");
    const publishing = handover.published();
    await timers.advance(1000);
    await publishing;
  });

  test("is how it ends, and it hears no more of the keeper", async () => {
    enter("a");
    enter("b");
    const closing = handover.close();
    for (const { answer } of handed) answer.resolve(committed());
    await closing;
    expect(handed).toHaveLength(2);
    expect(reactions.size).toBe(0);
  });
});

test("what a removal has overtaken is told, and found no more", async () => {
  enter("a");
  handed[0]?.answer.resolve(committed(["a"]));
  await turn();
  expect(told).toEqual(["committed 5 a"]);
  expect(outbox.overlay([], "a")).toEqual([]);
});

test("what is refused is dropped and told; of bodies in files it is said that they are nobody's", async () => {
  enter("in row");
  enter("in file", 5000, inFile);
  handover.flush();
  expect(told).toEqual(["over 8192 1"]);
  for (const { answer } of handed) answer.reject(new StoreError("INDEX_ABSENT", ""));
  await turn();
  expect(told).toEqual(["over 8192 1", "refused ", "refused in file"]);
  expect(troubles.codes).toEqual(["INDEX_ABSENT", "INDEX_ABSENT"]);
  expect(outbox.waiting).toBe(0);
});

describe("when the keeper is lost before its answer", () => {
  test("what was handed over waits again with its room, and goes before what came later", async () => {
    enter("a", 5000, inFile);
    isThere = false;
    enter("b");
    handed[0]?.answer.reject(new StoreError("KEEPER_AWAY", ""));
    await turn();
    expect(told).toEqual(["over 8192 1", "back 8192 1"]);
    expect(outbox.overlay([], "a")).toHaveLength(1);
    come();
    expect(handed.slice(1).map(idsOf)).toEqual([["a", "b"]]);
    expect(told.at(-1)).toBe("over 8192 1");
    expect(troubles.codes).toEqual([]);
  });

  test("what was removed meanwhile does not go again", async () => {
    enter("a", 5000, inFile);
    isThere = false;
    outbox.remove({ by: "all" });
    handed[0]?.answer.reject(new StoreError("KEEPER_AWAY", ""));
    await turn();
    come();
    expect(handed).toHaveLength(1);
    expect(told).toEqual(["over 8192 1", "refused a"]);
  });

  test("the body of what was replaced meanwhile is nobody's", async () => {
    enter("a", 5000, inFile);
    isThere = false;
    enter("b", 5000, inFile);
    outbox.insert(
      { ...rowOf("newer", 10), response: { ...rowOf("newer", 10).response, primaryKey: "a" } },
      0,
    );
    handed[0]?.answer.reject(new StoreError("KEEPER_AWAY", ""));
    await turn();
    expect(told).toEqual(["over 8192 1", "refused a"]);
  });
});
