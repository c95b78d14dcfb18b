import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Index } from "../../src/keeper/index.ts";
import { currentAge } from "../../src/rules/freshness.ts";
import type { Policy } from "../../src/rules/policy.ts";
import { spentAt } from "../../src/store/disk/row.ts";
import type { NewRow } from "../../src/store/disk/keeper.ts";
import type { Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { createClock, policy } from "../store/samples.ts";
import { batchOf, keysIn, newRow, newRowInFile } from "./batches.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);
const softly: Selector = { by: "tag", tag: "tag", host: null, site: null, soft: true };

interface StoredRow {
  readonly id: string;
  readonly version: number;
  readonly spentAt: number | null;
  readonly footprint: number;
  readonly length: number;
  readonly policy: Policy;
}

function stored(): StoredRow[] {
  const database = new Database(directory.index);
  const rows = database.query<Omit<StoredRow, "policy"> & { policy: string }, []>(
    "SELECT id, version, spentAt, footprint, length(policy) AS length, policy FROM responses ORDER BY seq",
  );
  const read = rows.all().map((row) => ({ ...row, policy: JSON.parse(row.policy) as Policy }));
  database.close();
  return read;
}

function isFresh({ policy }: StoredRow, now = clock.now()): boolean {
  return currentAge(policy, now) < policy.freshnessLifetime;
}

function rowOf(changes: Partial<Policy> = {}, more: Partial<NewRow> = {}): NewRow {
  const lasting = { responseAt: clock.now(), freshnessLifetime: 3600, staleWhileRevalidateWindow: 60 };
  const whole = policy({ tags: ["tag"], entityTag: null, lastModifiedAt: null, ...lasting, ...changes });
  const columns = { policy: JSON.stringify(whole), tags: whole.tags, spentAt: spentAt(whole) };
  return newRow({ primaryKey: `/${Math.random()} h`, ...columns, ...more });
}

function keep(...rows: NewRow[]): Index {
  const index = directory.keep();
  index.commit(batchOf(rows));
  clock.advance(10_000);
  return index;
}

async function insertPiece(index: Index): Promise<void> {
  const { id, primaryKey } = await newRowInFile(index, { primaryKey: "/piece h" });
  index.changePieces({
    change: "insert",
    response: {
      id,
      primaryKey,
      variantKey: "",
      status: 200,
      size: 99,
      version: 1,
      fields: [],
      policy: policy({ tags: ["tag"] }),
    },
    piece: { start: 0, end: 5, checksum: "c" },
    ...{ now: 1, afterRemoval: index.lastRemoval(), taken: { bytes: 0, files: 0 } },
  });
}

describe("a soft removal", () => {
  test("leaves the response as it is, but stale from now on", async () => {
    const row = rowOf();
    const index = keep(row, rowOf({ tags: ["other"] }));
    const [before] = stored();
    expect((await index.remove([softly])).counts).toEqual([{ complete: 1, partial: 0 }]);
    const [after, other] = stored();
    expect(after).toMatchObject({ id: row.id, version: row.version, footprint: before?.footprint ?? 0 });
    expect(after?.policy.lifetimeSource).toBe("purged");
    expect(after?.length).toBe(before?.length ?? 0);
    expect(after?.spentAt).toBe(after && spentAt(after.policy));
    expect([after, other].map((each) => each && isFresh(each))).toEqual([false, true]);
  });

  test("of what is stale since an earlier one does not begin its times anew", async () => {
    const index = keep(rowOf());
    await index.remove([softly]);
    const before = stored();
    clock.advance(30_000);
    expect((await index.remove([softly])).counts).toEqual([{ complete: 1, partial: 0 }]);
    expect(stored()).toEqual(before);
  });

  test("takes away what may not be used stale, and what is held in part", async () => {
    const index = keep(rowOf({ revalidateAlways: true }), rowOf());
    await insertPiece(index);
    expect((await index.remove([softly])).counts).toEqual([{ complete: 2, partial: 1 }]);
    expect(stored()).toHaveLength(1);
  });

  test("of many counts each once", async () => {
    const index = keep(...Array.from({ length: 600 }, () => rowOf()));
    const prefix: Selector = { by: "prefix", targetPrefix: "/", host: null, site: null, soft: true };
    expect((await index.remove([prefix])).counts).toEqual([{ complete: 600, partial: 0 }]);
  });

  test("counts a row once that several of its names give", async () => {
    const index = keep(rowOf({ tags: ["tag", "other"] }));
    const other: Selector = { ...softly, tag: "other" } as Selector;
    const { counts } = await index.remove([softly, other]);
    expect(counts.map(({ complete }) => complete)).toEqual([1, 0]);
  });
});

describe("what was confirmed by the origin", () => {
  const update = (row: NewRow, afterRemoval: number, tags = row.tags): NewRow => ({
    ...row,
    ...{ tags, version: 9, body: null, afterRemoval },
    policy: JSON.stringify(policy({ tags, responseAt: clock.now(), freshnessLifetime: 3600 })),
  });

  test.each<[string, Selector, boolean]>([
    ["by its tag, softly", softly, true],
    ["by another tag", { by: "tag", tag: "other", host: null, site: null }, false],
    [
      "by a prefix at its site, softly",
      { by: "prefix", targetPrefix: "/", host: "h", site: null, soft: true },
      true,
    ],
  ])("before a removal %s, is fresh or not: who brings it hears so", async (_, selector, isOvertaken) => {
    const row = rowOf();
    const index = keep(row);
    const afterRemoval = index.lastRemoval();
    await index.remove([selector]);
    const { overtaken } = index.commit(batchOf([], { updates: [update(row, afterRemoval)] }));
    expect(overtaken).toEqual(isOvertaken ? [row.id] : []);
    expect(stored().map((each) => isFresh(each))).toEqual([!isOvertaken]);
  });

  test("before a removal of the name that it has borne until then, is not fresh either", async () => {
    const row = rowOf();
    const index = keep(row);
    const afterRemoval = index.lastRemoval();
    await index.remove([softly]);
    index.commit(batchOf([], { updates: [update(row, afterRemoval, ["new"])] }));
    expect(stored().map((each) => isFresh(each))).toEqual([false]);
  });

  test("after it, is fresh, be the removal still under way", async () => {
    const rows = Array.from({ length: 600 }, () => rowOf());
    const index = keep(...rows);
    const [last] = rows.slice(-1);
    const removal = index.remove([softly]);
    if (last !== undefined) index.commit(batchOf([], { updates: [update(last, index.lastRemoval())] }));
    await removal;
    expect(
      stored()
        .filter((each) => isFresh(each))
        .map(({ id }) => id),
    ).toEqual([last?.id ?? ""]);
  });

  test("of a response held in part, before a removal that takes a while, makes nothing of it", async () => {
    const index = keep(...Array.from({ length: 600 }, () => rowOf()));
    await insertPiece(index);
    const afterRemoval = index.lastRemoval();
    const id = stored().at(-1)?.id ?? "";
    const removal = index.remove([softly]);
    const freshening = { fields: [], policy: policy(), variantKey: "", version: 9 };
    expect(index.changePieces({ change: "freshen", id, freshening, afterRemoval })).toBeUndefined();
    await removal;
    expect(keysIn(index)).not.toContain("/piece h");
  });
});

describe("a keeper that is killed", () => {
  const script = join(import.meta.dir, "softening-process.ts");

  async function killAt(word: string, rows: number): Promise<void> {
    const keeper = Bun.spawn([process.execPath, script, directory.path, `${rows}`], { stdout: "pipe" });
    const reader = keeper.stdout.pipeThrough(new TextDecoderStream()).getReader();
    for (let said = ""; !said.includes(word); ) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the keeper has ended, and said: ${said}`);
      said += value;
    }
    keeper.kill("SIGKILL");
    await keeper.exited;
  }

  const freshNow = () => stored().filter((row) => isFresh(row, Date.now())).length;

  test("when a soft removal was acknowledged has not lost it", async () => {
    await killAt("done", 600);
    directory.keep({ now: Date.now });
    expect([stored().length, freshNow()]).toEqual([600, 0]);
  }, 30_000);

  test("in the midst of one has the next finish it, when it is asked again, and what was stale before stays as it was", async () => {
    await killAt("begun", 30_000);
    const index = directory.keep({ now: Date.now });
    expect(freshNow()).toBeGreaterThan(0);
    const before = stored().filter((row) => !isFresh(row, Date.now()));
    expect(before.length).toBeGreaterThan(0);
    await index.remove([softly]);
    expect([stored().length, freshNow()]).toEqual([30_000, 0]);
    const after = new Map(stored().map((row) => [row.id, row.spentAt]));
    for (const { id, spentAt } of before) expect(after.get(id)).toBe(spentAt);
  }, 30_000);
});
