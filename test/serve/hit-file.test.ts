import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFolder } from "../../src/store/disk/index-format.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { always, beginning, cacheWord, keyOf, startProxy, type TestProxy } from "./proxy.ts";

/** Bodies that are too large for memory, which knows them by their files. */

const size = 1_200_000;
const body = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 9)) & 127);
const fields = {
  "Cache-Control": "max-age=60",
  ETag: '"v1"',
  Date: "Thu, 01 Jan 2026 12:00:00 GMT",
};

let directories: TestDirectory[];
let short: TestProxy;
let long: TestProxy;
beforeEach(() => {
  directories = [];
});
afterEach(async () => {
  await short.stop();
  await long.stop();
  for (const directory of directories) await directory.dispose();
});

async function start(contentType: string): Promise<void> {
  const script = always(200, { ...fields, "Content-Type": contentType }, body);
  [short, long] = [await onDisk(true), await onDisk(false)];
  for (const proxy of [short, long]) {
    await proxy.get("/a");
    await proxy.get("/a");
  }

  async function onDisk(shortCut: boolean): Promise<TestProxy> {
    const directory = createDirectory();
    directories.push(directory);
    return await startProxy(script, { shortCut, disk: directory.open({ now: () => beginning }) });
  }
}

/** Where the short cut's body lies. */
function fileOfShort(): string {
  const [directory] = directories;
  const [file] = directory?.files() ?? [];
  if (directory === undefined || file === undefined) throw new Error("there is no file");
  return join(directory.path, formatFolder, file);
}

const requests: readonly Record<string, string>[] = [
  {},
  { Range: "bytes=0-65535" },
  { Range: "bytes=1000-1000" },
  { Range: "bytes=100000-999999" },
  { Range: "bytes=1100000-" },
  { Range: "bytes=-5" },
  { Range: "bytes=0-9999999" },
  { Range: "bytes=0-" },
  { Range: `bytes=${size}-` },
  { Range: "bytes=0-4,100-104" },
  { Range: "bytes=5-4" },
  { Range: "bytes=0-9", "If-Range": '"v1"' },
  { Range: "bytes=0-9", "If-Range": '"v2"' },
  { Range: "bytes=0-9", "If-None-Match": '"v1"' },
  { Range: "bytes=0-9", "If-None-Match": '"v2"' },
  { Range: "bytes=0-9", "Cache-Control": "max-age=0" },
  { "If-None-Match": '"v1"' },
];

test.each(["text/plain", "application/zip"])(
  "%s is answered with the same bytes on both ways",
  async (type) => {
    await start(type);
    for (const seconds of [0, 7, 60]) {
      short.advance(seconds);
      long.advance(seconds);
      for (const request of requests) {
        const text = requestText("GET", "/a", request);
        const [one, other] = await Promise.all([ask(short.port, text), ask(long.port, text)]);
        const told = `${JSON.stringify(request)} after ${seconds} s`;
        expect(`${told}\n${one.head}`).toBe(`${told}\n${other.head}`);
        expect(`${told} ${one.body.length} ${Bun.hash(one.body)}`).toBe(
          `${told} ${other.body.length} ${Bun.hash(other.body)}`,
        );
      }
    }
  },
);

test.each(["text/plain", "application/zip"])(
  "the disk is not asked again for %s found there",
  async (type) => {
    await start(type);
    let finds = 0;
    const { store } = short.context;
    const { find } = store;
    store.find = (key) => {
      finds += 1;
      return find(key);
    };
    const part = await short.get("/a", { Range: "bytes=10-19" });
    expect([part.status, cacheWord(part), part.body.length]).toEqual([206, "HIT", 10]);
    const whole = await short.get("/a");
    expect([whole.body.length, whole.field("content-length")]).toEqual([size, `${size}`]);
    expect(finds).toBe(0);
  },
);

test.each<[what: string, change: (path: string) => void]>([
  ["removed", (path) => rmSync(path)],
  ["shortened", (path) => writeFileSync(path, body.subarray(0, 1000))],
  ["overwritten", (path) => writeFileSync(path, new Uint8Array(size))],
])("a body whose file was %s is asked of the origin again, not answered", async (_, change) => {
  await start("text/plain");
  const path = fileOfShort();
  change(path);
  if (await Bun.file(path).exists()) utimesSync(path, 1, 1);
  const answer = await short.get("/a", { Range: "bytes=2000-2099" });
  expect(cacheWord(answer)).toBe("MISS");
  expect(short.origin.requests.length).toBe(2);
});

test("what was purged is not answered from its file", async () => {
  await start("text/plain");
  await short.context.store.remove({ by: "key", primaryKey: keyOf("/a") });
  expect(cacheWord(await short.get("/a", { Range: "bytes=2000-2099" }))).toBe("MISS");
});

test("a file that was touched and is what was stored is answered without the disk again", async () => {
  await start("text/plain");
  utimesSync(fileOfShort(), 1, 1);
  expect(cacheWord(await short.get("/a", { Range: "bytes=0-9" }))).toBe("HIT");
  let finds = 0;
  const { find } = short.context.store;
  short.context.store.find = (key) => {
    finds += 1;
    return find(key);
  };
  expect(cacheWord(await short.get("/a", { Range: "bytes=0-9" }))).toBe("HIT");
  expect(finds).toBe(0);
});
