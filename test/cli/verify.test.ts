import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../src/cli/run.ts";
import { formatFolder } from "../../src/store/disk/index-format.ts";
import { lockCacheDirectory } from "../../src/supervisor/cache-lock.ts";
import { verifyByKeeper } from "../../src/cli/verify-running.ts";
import { encodeFrame } from "../../src/control/frames.ts";
import { keeperLockPath, keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { fileLock } from "../../src/system/file-lock.ts";
import { batchOf, newRow } from "../keeper/batches.ts";
import { serveKeeper, type ServedKeeper } from "../keeper/served.ts";
import { noFile } from "../fixtures/no-file.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { bytesOf, newResponse, put } from "../store/samples.ts";

const directory = directoryForEachTest();
let paths: Map<string, string>;
beforeEach(async () => {
  paths = new Map();
  const store = directory.open();
  for (const [key, size] of [
    ["/small", 100],
    ["/large", 300_000],
    ["/empty", 0],
    ["/file", 70_000],
    ["/gone", 70_050],
    ["/cut", 75_000],
  ] as const) {
    const { body } = await put(store, { primaryKey: key }, bytesOf(size));
    if (body.kind === "file") paths.set(key, body.path);
  }
  const writer = await store.pieces.write(
    newResponse({ primaryKey: "/pieces" }),
    { start: 100_000, end: 200_000, size: 500_000 },
    null,
  );
  await writer.write(bytesOf(100_000));
  paths.set("/pieces", (await writer.commit()).path);
  writer.release();
  await store.close();
  directory.endKeeper();
});

function path(key: string): string {
  return paths.get(key) ?? "";
}

function flip(key: string, at: number): void {
  const bytes = readFileSync(path(key));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path(key), bytes);
}

function inIndex(statement: string): void {
  const index = new Database(directory.index);
  index.run(statement);
  index.close();
}

async function verify(...words: string[]) {
  let stdout = "";
  const stderr: string[] = [];
  const code = await run(["verify", "--cache-dir", directory.path, ...words], {
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: noFile,
    say: async (text) => {
      stdout += text;
    },
    complain: (line) => stderr.push(line),
  });
  return { code, stderr, lines: stdout.split("\n").slice(0, -1) };
}

const sound = { code: 0, stderr: [], lines: ["checked 7 responses, 0.6 MB: nothing wrong"] };

describe("verify", () => {
  test("finds nothing where nothing is wrong", async () => {
    expect(await verify()).toEqual(sound);
  });

  const damages: [string, () => void, string][] = [
    [
      "a flipped bit of a body in a file of one block",
      () => flip("/file", 50),
      '"/file": its body is not what was stored',
    ],
    [
      "a flipped bit of a large body",
      () => flip("/large", 299_999),
      '"/large": its body is not what was stored',
    ],
    [
      "a cut body",
      () => truncateSync(path("/cut"), 74_999),
      '"/cut": its body has 74999 bytes instead of 75000',
    ],
    [
      "a body that grew",
      () => writeFileSync(path("/file"), "x", { flag: "a" }),
      '"/file": its body has 70001 bytes instead of 70000',
    ],
    [
      "a flipped bit of a body in the index",
      () => inIndex("UPDATE responses SET body = zeroblob(100) WHERE primaryKey = '/small'"),
      '"/small": its body is not what was stored',
    ],
    [
      "a body in the index that grew",
      () => inIndex("UPDATE responses SET body = zeroblob(1) WHERE primaryKey = '/empty'"),
      '"/empty": its body has 1 bytes instead of 0',
    ],
    [
      "a body in the index that is gone",
      () => inIndex("UPDATE responses SET body = NULL WHERE primaryKey = '/small'"),
      '"/small": its body is missing',
    ],
    ["a body that is gone", () => rmSync(path("/gone")), '"/gone": its body is missing'],
    [
      "an id that leads out of the folder",
      () => {
        rmSync(path("/gone"));
        inIndex("UPDATE responses SET id = '../../../x' WHERE primaryKey = '/gone'");
      },
      '"/gone": its id is no plain name',
    ],
    [
      "a flipped bit of a piece",
      () => flip("/pieces", 150_000),
      '"/pieces": its bytes 100000 to 199999 are not what was stored',
    ],
  ];
  test.each(damages)("finds %s, and removes it when told to", async (_, damage, line) => {
    damage();
    expect(await verify()).toMatchObject({ code: 1, lines: [line, expect.stringContaining(": 1 wrong")] });
    const fixed = await verify("--fix");
    expect(fixed).toMatchObject({
      code: 1,
      lines: [`${line}; removed`, expect.stringContaining(": 1 wrong")],
    });
    expect(await verify()).toMatchObject({
      code: 0,
      lines: [expect.stringContaining("checked 6 responses")],
    });
  });

  test("a change in a hole between pieces is no damage", async () => {
    flip("/pieces", 10);
    expect(await verify()).toEqual(sound);
  });

  test("finds files that nobody has, and removes them when told to", async () => {
    const orphan = `${path("/file")}x`;
    const ended = Bun.spawnSync(["true"]).pid;
    const leftover = join(directory.path, formatFolder, "tmp", `half.${ended}`);
    for (const name of [orphan, leftover]) {
      writeFileSync(name, "x");
      utimesSync(name, new Date(), new Date(Date.now() - 100_000));
    }
    const expected = [
      `${JSON.stringify(leftover)}: a body that nobody writes any more`,
      `${JSON.stringify(orphan)}: a body that no response has`,
    ];
    expect((await verify()).lines.slice(0, -1)).toEqual(expected);
    expect((await verify("--fix")).lines.slice(0, -1)).toEqual(expected.map((line) => `${line}; removed`));
    expect(await verify()).toEqual(sound);
  });

  describe("beside a running cacheproxy", () => {
    let lock: ReturnType<typeof lockCacheDirectory>;
    let keeper: ServedKeeper | undefined;
    beforeEach(() => {
      lock = lockCacheDirectory(directory.path);
    });
    afterEach(async () => {
      await keeper?.leave();
      keeper = undefined;
      directory.endKeeper();
      lock?.release();
    });

    function serve(): ServedKeeper {
      keeper = serveKeeper(directory.path, directory.keep());
      return keeper;
    }

    test("its keeper finds nothing where nothing is wrong, and hears that who asked has left in order", async () => {
      const { visits } = serve();
      expect(await verify()).toEqual(sound);
      while (visits.length < 2) await new Promise(setImmediate);
      expect(visits).toEqual(["came", "left in order"]);
    });

    test("that was killed, and whose keeper still lives, that does it likewise", async () => {
      const { visits } = serve();
      lock?.release();
      const keepers = fileLock(keeperLockPath(directory.path));
      keepers.keep();
      expect(await verify()).toEqual(sound);
      keepers.release();
      while (visits.length < 2) await new Promise(setImmediate);
      expect(visits).toEqual(["came", "left in order"]);
    });

    test("its keeper leaves alone what may be on its way, and removes what is wrong", async () => {
      serve();
      writeFileSync(`${path("/file")}x`, "on its way to its row");
      flip("/file", 1);
      const line = '"/file": its body is not what was stored';
      expect((await verify()).lines).toEqual([line, expect.stringContaining(": 1 wrong")]);
      expect((await verify("--fix")).lines).toEqual([
        `${line}; removed`,
        expect.stringContaining(": 1 wrong"),
      ]);
      expect(await verify()).toMatchObject({
        code: 0,
        lines: [expect.stringContaining("checked 6 responses")],
      });
      expect(existsSync(`${path("/file")}x`)).toBe(true);
    });

    test("its keeper finds a body in the index that is wrong, and files that nobody has", async () => {
      serve();
      inIndex("UPDATE responses SET body = zeroblob(100) WHERE primaryKey = '/small'");
      const orphan = `${path("/file")}x`;
      writeFileSync(orphan, "x");
      utimesSync(orphan, new Date(), new Date(Date.now() - 100_000));
      expect((await verify("--fix")).lines).toEqual([
        '"/small": its body is not what was stored; removed',
        `${JSON.stringify(orphan)}: a body that no response has; removed`,
        expect.stringContaining(": 2 wrong"),
      ]);
      expect(existsSync(orphan)).toBe(false);
    });

    test("its keeper tells how far it is", async () => {
      const { path: socket, index } = serve();
      index?.commit(batchOf(Array.from({ length: 300 }, (_, i) => newRow({ primaryKey: `k${i}` }))));
      const told: number[][] = [];
      await verifyByKeeper(socket, false, {
        onChecked: (...checked) => told.push(checked),
        onFinding: () => undefined,
      });
      const total = index?.totals().bytes ?? 0;
      expect(told.map(([responses, , all]) => [responses, all])).toEqual([
        [256, total],
        [307, total],
      ]);
    });

    test("that has no index says so", async () => {
      serve().index = undefined;
      const { code, stderr } = await verify();
      expect([code, stderr]).toEqual([1, [expect.stringContaining("there is no disk cache")]]);
    });

    test("whose keeper is away just now says so", async () => {
      const { code, stderr } = await verify();
      expect([code, stderr]).toEqual([
        1,
        [expect.stringContaining("does not answer; try again in a moment")],
      ]);
    });

    test("whose keeper dies meanwhile says so", async () => {
      const server = Bun.listen({
        unix: keeperSocketPath(directory.path),
        socket: { data: (socket) => void socket.end() },
      });
      const { code, stderr } = await verify();
      server.stop(true);
      expect([code, stderr]).toEqual([
        1,
        [expect.stringContaining("does not answer; try again in a moment")],
      ]);
    });

    test.each([
      ["no frame", new Uint8Array(64).fill(255)],
      ["a message that nobody knows", encodeFrame('{"kind":"later"}')],
    ])("whose keeper says %s is told of as another version", async (_, said) => {
      const server = Bun.listen({
        unix: keeperSocketPath(directory.path),
        socket: { data: (socket) => void socket.write(said) },
      });
      const { code, stderr } = await verify();
      server.stop(true);
      expect([code, stderr]).toEqual([1, [expect.stringContaining("another version")]]);
    });

    test("does not replace a damaged index, and says why", async () => {
      writeFileSync(directory.index, "no database at all ".repeat(1000));
      const { code, stderr } = await verify("--fix");
      expect([code, stderr.length]).toEqual([1, 1]);
      expect(stderr[0]).toContain("a cacheproxy is running on it");
    });
  });

  test("a damaged index is found, and begun anew when told to; its bodies go", async () => {
    writeFileSync(directory.index, "no database at all ".repeat(1000));
    const found = await verify();
    expect(found.code).toBe(1);
    expect(found.lines[0]).toContain("index.sqlite");
    expect(existsSync(path("/file"))).toBe(true);
    expect((await verify("--fix")).code).toBe(1);
    expect(existsSync(path("/file"))).toBe(false);
    expect(await verify()).toMatchObject({ code: 0, lines: ["checked 0 responses, 0.0 MB: nothing wrong"] });
  });

  test("a page of the index that is damaged, after an orderly end, is found and set aside", async () => {
    const bytes = readFileSync(directory.index);
    bytes.fill(0xff, 4096 + 8, 4096 * 2);
    writeFileSync(directory.index, bytes);
    expect((await verify()).code).toBe(1);
    await verify("--fix");
    expect((await verify()).code).toBe(0);
  });

  test("says so when there is no cache", async () => {
    rmSync(join(directory.path, formatFolder), { recursive: true });
    const { code, stderr } = await verify();
    expect([code, stderr]).toEqual([1, [expect.stringContaining("there is no cache in")]]);
    expect(existsSync(directory.index)).toBe(false);
  });
});
