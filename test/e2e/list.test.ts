import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, entriesAnswerSchema, entryAnswerSchema } from "../../src/control/entries.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const host = { Host: "shop.test" };

/** With some pages in it, of which the disk has every one. */
async function filledProxy(): Promise<RunningProxy> {
  const origin = keep(
    await startOrigin(({ request, respond }) => {
      const isImage = request.target.endsWith(".png");
      const fields = {
        "Cache-Control": isImage ? "max-age=600" : "max-age=60",
        "Content-Type": isImage ? "image/png" : "text/html; charset=utf-8",
        "Surrogate-Key": isImage ? "images" : "pages",
        ...(request.target === "/vary" ? { Vary: "Accept-Language" } : {}),
      };
      return void respond(200, fields, "x".repeat(isImage ? 3000 : 10));
    }),
  );
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off", "--workers", "2"] }));
  for (const path of ["/a", "/b", "/img/one.png"]) await get(proxy.port, path, host);
  for (const language of ["de", "fr"])
    await get(proxy.port, "/vary", { ...host, "Accept-Language": language });
  while ((await entries(proxy, "")).entries.length < 5) await Bun.sleep(20);
  return proxy;
}

const ask = ({ cacheDir }: RunningProxy, path: string) =>
  fetch(`http://localhost${path}`, { unix: `${cacheDir}/admin.sock` });
const entries = async (proxy: RunningProxy, query: string) =>
  entriesAnswerSchema.parse(await (await ask(proxy, `/entries?${query}`)).json());
const list = ({ cacheDir }: RunningProxy, ...words: string[]) =>
  runBinary(["list", "--cache-dir", cacheDir, ...words]);

/** What the last column says, without its head. */
function namesIn(table: string): string[] {
  const [head = "", ...lines] = table.trimEnd().split("\n");
  return lines.map((line) => line.slice(head.indexOf("what")));
}

describe.skipIf(process.platform !== "linux")("with two workers", () => {
  test("what is stored is listed, narrowed down, sorted and paged", async () => {
    const proxy = await filledProxy();
    const base = "http://shop.test";
    const everything = ["/a", "/b", "/img/one.png", "/vary accept-language:de", "/vary accept-language:fr"];
    expect(namesIn((await list(proxy)).stdout)).toEqual(everything.map((name) => base + name));
    expect(namesIn((await list(proxy, "--tag", "images")).stdout)).toEqual([`${base}/img/one.png`]);
    expect(namesIn((await list(proxy, "--prefix", "/v", "--type", "text/*")).stdout)).toHaveLength(2);
    expect(namesIn((await list(proxy, "--fresh-for", "5m")).stdout)).toEqual([`${base}/img/one.png`]);
    const [largest] = namesIn((await list(proxy, "--sort", "size")).stdout);
    expect(largest).toBe(`${base}/img/one.png`);
    const first = await list(proxy, "--limit", "2");
    expect(namesIn(first.stdout)).toEqual([`${base}/a`, `${base}/b`]);
    const [, cursor = ""] = /--after (\S+)/.exec(first.stderr) ?? [];
    const rest = await list(proxy, "--after", cursor);
    expect(namesIn(rest.stdout)).toHaveLength(3);
    expect(rest.stderr).toBe("");
  });

  test("what an origin has sent moves no cursor, in no form of the list", async () => {
    const hostile = "text/\u009b2J";
    const origin = keep(
      await startOrigin(({ respond }) => {
        const fields = { "Cache-Control": "max-age=60", "Content-Type": hostile, "Surrogate-Key": hostile };
        return void respond(200, fields, "x");
      }),
    );
    const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off", "--workers", "2"] }));
    await get(proxy.port, "/a", host);
    while ((await entries(proxy, "")).entries.length < 1) await Bun.sleep(20);
    for (const words of [[], ["--json"], ["--full"], ["--full", "--json"]]) {
      const { stdout } = await list(proxy, ...words);
      expect(stdout).toContain("/a");
      expect(stdout).not.toContain("\u009b");
    }
  });

  test("hits of both workers, by whichever way, are in the list of the next proxy", async () => {
    const cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-e2e-"));
    keep({ stop: () => rm(cacheDir, { recursive: true, force: true }) });
    const large = "x".repeat(2_000_000);
    const origin = keep(
      await startOrigin(({ request, respond }) => {
        const fields = { "Cache-Control": "max-age=600", "Content-Type": "text/plain" };
        return void respond(200, fields, request.target === "/file" ? large : "small");
      }),
    );
    const begin = () => startProxy(origin.url, { cacheDir, flags: ["--log", "json", "--workers", "2"] });
    const first = keep(await begin());
    const words: Record<string, (string | null)[]> = { "/small": [], "/file": [], "/once": [] };
    const ask = async (path: string, fields: Record<string, string> = {}) =>
      void words[path]?.push((await get(first.port, path, { ...host, ...fields })).field("x-cache"));
    for (const path of ["/small", "/file", "/once"]) await ask(path);
    while ((await entries(first, "")).entries.length < 3) await Bun.sleep(20);
    // Each on a connection of its own: both workers answer.
    for (let count = 0; count < 24; count++) await ask("/small");
    for (let count = 0; count < 6; count++) await ask("/file", { Range: "bytes=5-9" });
    for (let count = 0; count < 6; count++) await ask("/file");
    expect(words).toMatchObject({
      "/small": ["MISS", ...Array.from({ length: 24 }, () => "HIT")],
      "/file": ["MISS", ...Array.from({ length: 12 }, () => "HIT")],
    });
    expect(await first.stop()).toBe(0);
    const proxy = keep(await begin());
    const hits = async (query: string) =>
      (await entries(proxy, query)).entries.map(({ target, hits }) => [target, hits]);
    expect(await hits("sort=hits")).toEqual([
      ["/small", 24],
      ["/file", 12],
      ["/once", 0],
    ]);
    expect(await hits("hits-over=12")).toEqual([["/small", 24]]);
    const told = await list(proxy, "--hits-under", "12", "--full");
    expect(told.stdout).toContain("/once\n");
    expect(told.stdout).toContain("  hits        0\n");
    expect(namesIn((await list(proxy, "--sort", "hits", "--reverse")).stdout)).toHaveLength(3);
  });

  test("nothing that is named is exit code 3, and what cannot be meant is 2", async () => {
    const proxy = await filledProxy();
    expect(await list(proxy, "/nowhere")).toEqual({
      code: 3,
      stdout: "",
      stderr: "cacheproxy: nothing is stored of what was looked for: /nowhere of every host\n",
    });
    const unclear = await list(proxy, "--larger", "much");
    expect(unclear).toMatchObject({ code: 2, stdout: "" });
    expect(unclear.stderr).toBe('cacheproxy: --larger "much": should be a size such as 10KB or 1.5MB\n');
    expect((await ask(proxy, "/entries?limit=0")).status).toBe(400);
    expect((await ask(proxy, "/entries/entry?key=none")).status).toBe(404);
  });

  test("one entry in full says which workers hold it; those that are stopped are left out", async () => {
    const proxy = await filledProxy();
    const [entry] = (await entries(proxy, "path=/a")).entries;
    const name = `/entries/entry?${new URLSearchParams({ key: entry?.key ?? "" })}`;
    const read = async () => entryAnswerSchema.parse(await (await ask(proxy, name)).json());
    const whole = await read();
    expect(whole).toMatchObject({ body: "index", reuse: { reason: "hit-fresh" }, tags: ["pages"] });
    // Asked for once: the other worker has not had it.
    expect(whole.inMemoryOf).toHaveLength(1);
    expect(whole.fields).toContainEqual(["surrogate-key", "pages"]);
    const pids = await proxy.workerPids();
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    try {
      expect((await read()).inMemoryOf).toEqual([]);
    } finally {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    }
    const told = (await list(proxy, "/vary", "--full")).stdout;
    expect(told).toContain("beside it   http://shop.test/vary accept-language:fr\n");
  });

  test("a keeper that is stopped keeps nobody from looking", async () => {
    const proxy = await filledProxy();
    const keeper = await proxy.keeperPid();
    process.kill(keeper, "SIGSTOP");
    try {
      expect((await entries(proxy, "sort=age&reverse=true")).entries).toHaveLength(5);
    } finally {
      process.kill(keeper, "SIGCONT");
    }
  });
});

test("of more than a page the next is asked for where the one before has ended", async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-e2e-"));
  keep({ stop: () => rm(cacheDir, { recursive: true, force: true }) });
  const asked: (string | null)[] = [];
  const door = Bun.serve({
    unix: join(cacheDir, "admin.sock"),
    fetch(request) {
      const { searchParams } = new URL(request.url);
      const after = searchParams.get("after");
      asked.push(`${after} ${searchParams.get("limit")} ${searchParams.get("stale")}`);
      const target = after === null ? "/a" : "/b";
      const facts = { looked: 1, unreadable: 0, lookedFor: "all there is", milliseconds: 1 };
      return Response.json({ entries: [entryOf(target)], next: after === null ? "one" : null, ...facts });
    },
  });
  keep({ stop: () => door.stop(true) });
  const { stdout } = await runBinary(["list", "--fresh", "--limit", "1500", "--cache-dir", cacheDir]);
  expect(namesIn(stdout)).toEqual(["http://shop.test/a", "http://shop.test/b"]);
  expect(asked).toEqual(["null 1000 false", "one 1000 false"]);
});

function entryOf(target: string): Entry {
  return {
    ...{ key: `${target} shop.test`, variant: "", target, host: "shop.test", site: "", scheme: "http" },
    ...{ marks: [], status: 200, type: null, size: 1, held: 1, isPartial: false, age: 0, lifetime: 60 },
    ...{ left: 60, isStale: false, tags: [], lastUsedAt: 0, hits: 0 },
  };
}
