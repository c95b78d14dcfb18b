import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stats } from "../../src/supervisor/admin/state-routes.ts";
import { bytesOf } from "../store/samples.ts";
import { diceFor } from "../stress/dice.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { formatFolders, type RunningProxy, runBinary, startProxy, untilGone } from "./harness.ts";
import { originOfAllTests } from "./origin.ts";

const keep = stoppedAfterEach();

/** The same for everybody, so that a failure can be had again; SEED begins with another. */
const seed = Number(process.env["SEED"] ?? 20_261_122);

const killsOfOneCache = 4;
/** How often all is killed: `ROUNDS=100 bun test ./test/e2e/kill.test.ts` fills one cache after another. */
const rounds = Number(process.env["ROUNDS"] ?? killsOfOneCache);
const caches = Array.from({ length: Math.ceil(rounds / killsOfOneCache) }, (_, number) => seed + number);

const most = bytesOf(1_300_000, seed);

/** `/SIZE/NAME` has so many bytes that can be worked out from the path: a stretch that begins somewhere else for each. */
function bodyOf(target: string): Uint8Array<ArrayBuffer> {
  const start = Bun.hash.crc32(target) % 100_000;
  return most.subarray(start, start + Number(target.split("/")[1]));
}

const origin = originOfAllTests((request) => {
  const headers = { "Cache-Control": "max-age=3600", "Content-Type": "application/octet-stream" };
  return new Response(bodyOf(new URL(request.url).pathname), { headers });
});

function cacheFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cacheproxy-kill-"));
  keep({ stop: async () => rmSync(folder, { recursive: true, force: true }) });
  return folder;
}

async function start(cacheDir: string, launcher: string[] = []): Promise<RunningProxy> {
  const flags = ["--log", "off", "--memory", "2MB"];
  return keep(await startProxy(origin.url(), { cacheDir, launcher, flags }));
}

/** What the cache said; rejects when a byte differs from what the origin would say. */
async function word(proxy: RunningProxy, target: string): Promise<string | null> {
  // Of one name, whatever the port.
  const response = await fetch(proxy.url + target, { headers: { Host: "cache.test" } });
  const body = await response.bytes();
  if (Buffer.compare(body, bodyOf(target)) !== 0) throw new Error(`${target} has wrong bytes`);
  return response.headers.get("X-Cache");
}

/** Asks for all, some at a time. */
async function words(proxy: RunningProxy, targets: readonly string[]): Promise<Map<string, string | null>> {
  const answers = new Map<string, string | null>();
  const waiting = [...targets];
  const client = async () => {
    for (let target = waiting.pop(); target !== undefined; target = waiting.pop()) {
      answers.set(target, await word(proxy, target));
    }
  };
  await Promise.all(Array.from({ length: 24 }, client));
  return answers;
}

/** Asks for all, again if need be, until the index holds so many responses: a commit may wait for others. */
async function commit(proxy: RunningProxy, targets: readonly string[], responses: number): Promise<void> {
  do await words(proxy, targets);
  while ((await responsesInIndex(proxy)) < responses);
}

async function responsesInIndex({ cacheDir }: RunningProxy): Promise<number> {
  const answer = await fetch("http://localhost/stats", { unix: join(cacheDir, "admin.sock") });
  return ((await answer.json()) as Stats).store.objects;
}

const sizes = [0, 100, 5_000, 65_536, 70_000, 400_000, 1_200_000];

function targetsOf(roll: (sides: number) => number, name: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `/${sizes[roll(sizes.length)]}/${name}-${number}`);
}

/** Nobody gets a wrong byte of what was damaged while nothing ran, and `verify` finds what was not asked for. */
async function expectFoundAndStoredAnew(cacheDir: string, targets: readonly string[]): Promise<void> {
  const { code, stdout } = await runBinary(["verify", "--cache-dir", cacheDir]);
  expect(code).toBe(1);
  expect(stdout).toContain(`: ${targets.length} wrong\n`);
  const proxy = await start(cacheDir);
  await expectStoredAnew(proxy, targets);
  await proxy.stop();
  await expectSound(cacheDir);
}

async function expectStoredAnew(proxy: RunningProxy, targets: readonly string[]): Promise<void> {
  expect(new Set((await words(proxy, targets)).values())).toEqual(new Set(["MISS"]));
  expect(new Set((await words(proxy, targets)).values())).toEqual(new Set(["HIT"]));
}

async function expectSound(cacheDir: string): Promise<void> {
  const { code, stdout } = await runBinary(["verify", "--cache-dir", cacheDir]);
  expect(stdout).toEndWith(": nothing wrong\n");
  expect(code).toBe(0);
}

describe.skipIf(Bun.which("setsid") === null)("SIGKILL to all processes at once", () => {
  test.each(caches)(
    "at random moments (seed %d) while hundreds of responses are stored: what was committed is a hit, every hit is what the origin would say, no orphan is left",
    async (cacheSeed) => {
      const cacheDir = cacheFolder();
      const { roll } = diceFor(cacheSeed);
      /** In the index before the last kill. */
      let committed: string[] = [];
      /** On its way there when all was killed. */
      let underWay: string[] = [];
      for (let round = 0; round < killsOfOneCache; round++) {
        const proxy = await start(cacheDir, ["setsid"]);
        const workers = await proxy.workerPids();
        expect(new Set((await words(proxy, committed)).values())).toEqual(new Set(round > 1 ? ["HIT"] : []));
        committed = [...committed, ...underWay];
        await commit(proxy, underWay, committed.length);

        const targets = targetsOf(roll, `round-${round}`, 200);
        const killAfter = 1 + roll(170);
        const answered: string[] = [];
        const enough = Promise.withResolvers<void>();
        const storing = targets.map(async (target) => {
          await word(proxy, target);
          answered.push(target);
          if (answered.length === killAfter) enough.resolve();
        });
        const all = Promise.allSettled(storing);
        await enough.promise;
        process.kill(-proxy.pid, "SIGKILL");
        await all;
        await proxy.exited;
        await Promise.all(workers.map(untilGone));
        underWay = targets;
      }
      const last = await start(cacheDir);
      await words(last, underWay);
      await last.stop();
      await expectSound(cacheDir);
    },
    120_000,
  );
});

describe("files of the cache that are flipped, cut, deleted or overwritten", () => {
  const inFiles = sizes.filter((size) => size > 65_536);
  const targets = inFiles.flatMap((size) =>
    Array.from({ length: 5 }, (_, number) => `/${size}/damaged-${number}`),
  );

  function bodiesIn(cacheDir: string): string[] {
    return formatFolders(cacheDir).flatMap((root) =>
      readdirSync(join(root, "bodies"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
  }

  /** Something else to each of them. */
  function damage(cacheDir: string, keepDate: boolean): void {
    const { roll } = diceFor(seed);
    for (const path of bodiesIn(cacheDir)) {
      const { size, atime, mtime } = statSync(path);
      const bytes = readFileSync(path);
      const kind = roll(4);
      if (kind === 0) {
        const at = roll(size);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8));
        writeFileSync(path, bytes);
      } else if (kind === 1) truncateSync(path, roll(size));
      else if (kind === 2) unlinkSync(path);
      else writeFileSync(path, bytesOf(size, 99));
      if (keepDate && existsSync(path)) utimesSync(path, atime, mtime);
    }
  }

  test("while it runs: nobody gets a wrong byte, and what is served from its file is stored anew", async () => {
    const cacheDir = cacheFolder();
    const proxy = await start(cacheDir);
    await words(proxy, targets);
    damage(cacheDir, false);
    const large = targets.filter((target) => target.startsWith("/1200000/"));
    await expectStoredAnew(proxy, large);
    for (let round = 0; round < 3; round++) await words(proxy, targets);
  });

  test.each([
    ["stopped", "stop", false],
    ["killed, under their old dates", "kill", true],
  ] as const)(
    "while it is %s: likewise, and verify finds what was not asked for",
    async (_, how, keepDate) => {
      const cacheDir = cacheFolder();
      const first = await start(cacheDir);
      await commit(first, targets, targets.length);
      await first[how]();
      damage(cacheDir, keepDate);
      await expectFoundAndStoredAnew(cacheDir, targets);
    },
  );
});

describe("small bodies in the index that are flipped while it is stopped", () => {
  const targets = [100, 5_000, 16_000].flatMap((size) =>
    Array.from({ length: 5 }, (_, number) => `/${size}/flipped-${number}`),
  );

  /** A bit of each, wherever in the file it lies: the end of a page may come between the bytes, but only once. */
  function damage(cacheDir: string): void {
    const [folder = ""] = formatFolders(cacheDir);
    const index = join(folder, "index.sqlite");
    const bytes = readFileSync(index);
    const places = targets.map((target) => {
      const stretches = [20, 60].map((start) => bodyOf(target).subarray(start, start + 40));
      return stretches.flatMap((stretch) => placesOf(stretch, bytes));
    });
    expect(places).not.toContainEqual([]);
    for (const at of new Set(places.flat())) bytes[at + 10] = (bytes[at + 10] ?? 0) ^ 4;
    writeFileSync(index, bytes);
  }

  /** Bodies overlap, so there may be several. */
  function placesOf(stretch: Uint8Array, bytes: Buffer): number[] {
    const places: number[] = [];
    for (let at = bytes.indexOf(stretch); at !== -1; at = bytes.indexOf(stretch, at + 1)) places.push(at);
    return places;
  }

  test("nobody gets a wrong byte, they are stored anew, and verify finds what was not asked for", async () => {
    const cacheDir = cacheFolder();
    const first = await start(cacheDir);
    await words(first, targets);
    await first.stop();
    damage(cacheDir);
    await expectFoundAndStoredAnew(cacheDir, targets);
  });
});

describe("a damaged index", () => {
  test("after a kill is found while it serves already, set aside, and storing begins anew", async () => {
    const cacheDir = cacheFolder();
    const targets = targetsOf(diceFor(seed).roll, "index", 100);
    const first = await start(cacheDir);
    await commit(first, targets, targets.length);
    const [folder = ""] = formatFolders(cacheDir);
    const index = join(folder, "index.sqlite");
    moveLogInto(index);
    await first.kill();
    for (const suffix of ["-wal", "-shm"]) rmSync(index + suffix, { force: true });
    const bytes = readFileSync(index);
    for (let page = 3; page * 4096 < bytes.byteLength; page++)
      bytes.fill(0xa5, page * 4096, page * 4096 + 64);
    writeFileSync(index, bytes);
    const second = await start(cacheDir);
    await words(second, targets);
    await second.stderr.until(/it was renamed to .*the disk cache begins empty/);
    await words(second, targets);
    await second.stop();
    const third = await start(cacheDir);
    expect(
      readdirSync(folder).filter((name) => name.includes(".damaged-") && !/-(wal|shm)$/.test(name)),
    ).toHaveLength(1);
    await words(third, targets);
  });
});

/** All that is committed lies in the database then, where it can be damaged. */
function moveLogInto(index: string): void {
  const database = new Database(index);
  database.query("PRAGMA wal_checkpoint(PASSIVE)").all();
  database.close(true);
}
