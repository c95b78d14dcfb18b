import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Origin } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startEdited } from "./edited.ts";
import { formatFolders, type ProxyOptions, type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { fillUp, restartWorkers, until } from "./visitor.ts";

const keep = stoppedAfterEach();

async function proxyBefore(origin: Origin, options: ProxyOptions = {}): Promise<RunningProxy> {
  return keep(await startProxy(origin.url, { flags: ["--log", "off", "--memory", "1MB"], ...options }));
}

/** Which edition each of some requests gets; on connections of their own, so that each worker has its turn. */
async function editions({ port }: RunningProxy, target: string): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < 8; i++) {
    const { status, text } = await ask(port, requestText("GET", target, { Connection: "close" }));
    expect(status).toBe(200);
    seen.push(text.split(" ")[0] ?? "");
  }
  return [...new Set(seen)];
}

async function post({ port }: RunningProxy, target: string): Promise<[number, string]> {
  const { status, text } = await ask(port, requestText("POST", target, { "Content-Length": "0" }));
  return [status, text];
}

function openIndexOf(proxy: RunningProxy): Database {
  const [root = ""] = formatFolders(proxy.cacheDir);
  return new Database(join(root, "index.sqlite"));
}

function rowsOf(proxy: RunningProxy, target: string): number {
  const index = openIndexOf(proxy);
  const found = index.query("SELECT 1 FROM responses WHERE primaryKey LIKE ? || ' %'").all(target);
  index.close(true);
  return found.length;
}

/** Another process has the index to itself until it is stopped. */
function hold(proxy: RunningProxy): { stop(): Promise<void> } {
  const other = openIndexOf(proxy);
  // A worker may be entering what it has just stored.
  other.run("PRAGMA busy_timeout = 10000");
  other.run("BEGIN IMMEDIATE");
  return keep({ stop: async () => other.close(true) });
}

describe.each(["/100/small", "/1200000/large"])("while another process holds the index, %s", (target) => {
  test("after a POST is not the page from before it, in any worker, and the POST is answered as the origin did", async () => {
    const proxy = await proxyBefore(await startEdited(keep));
    expect(await editions(proxy, target)).toEqual(["1"]);
    const held = hold(proxy);
    expect(await post(proxy, target)).toEqual([201, "carried out"]);
    expect(await editions(proxy, target)).toEqual(["2"]);
    await restartWorkers(proxy);
    expect(await editions(proxy, target)).toEqual(["2"]);
    await held.stop();
    await restartWorkers(proxy);
    expect(await editions(proxy, target)).toEqual(["2"]);
  });

  test("a purge says that it is served no more and on the disk still; when it can it removes it", async () => {
    const origin = await startEdited(keep);
    const proxy = await proxyBefore(origin);
    await editions(proxy, target);
    origin.answer(({ respond }) => void respond(200, { "Cache-Control": "max-age=3600" }, "2 "));
    expect(rowsOf(proxy, target)).toBe(1);
    const held = hold(proxy);
    const refused = await runBinary(["purge", target, "--cache-dir", proxy.cacheDir]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("what was named is served no more, but is on the disk still");
    expect(await editions(proxy, target)).toEqual(["2"]);
    await held.stop();
    // It says so only if the workers, who try again each second, have not come first.
    const purged = await runBinary(["purge", target, "--cache-dir", proxy.cacheDir]);
    expect([
      "",
      `cacheproxy: nothing was stored of what was looked for: ${target} of every host\n`,
    ]).toContain(purged.stderr);
    expect(rowsOf(proxy, target)).toBe(0);
  });
});

test("on a full disk a POST is answered as the origin did, and the page from before it is nobody's", async () => {
  const mountPoint = mkdtempSync(join(tmpdir(), "cacheproxy-e2e-refused-"));
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=4m", "none", mountPoint]).success;
  keep({
    async stop() {
      if (mounted) Bun.spawnSync(["umount", "--lazy", mountPoint]);
      rmSync(mountPoint, { recursive: true, force: true });
    },
  });
  if (!mounted) return console.warn("skipped: no tmpfs can be mounted here");
  const proxy = await proxyBefore(await startEdited(keep), { cacheDir: join(mountPoint, "cache") });
  for (const target of ["/100/a", "/100/b", "/1200000/c"]) await editions(proxy, target);
  fillUp(mountPoint);
  for (const target of ["/100/a", "/1200000/c"]) {
    const [status] = await post(proxy, target);
    expect(status).toBe(201);
    expect(await editions(proxy, target)).not.toContain("1");
  }
  // Room is made for it.
  await until(async () => (await runBinary(["purge", "--all", "--cache-dir", proxy.cacheDir])).code === 0);
  expect(await editions(proxy, "/100/b")).toEqual(["3"]);
});

test("a cacheproxy that ends before what was removed is gone from the disk begins anew", async () => {
  const origin = await startEdited(keep);
  const first = await proxyBefore(origin);
  const { cacheDir, port } = first;
  await editions(first, "/100/a");
  const held = hold(first);
  await post(first, "/100/a");
  await first.kill();
  await held.stop();
  const second = await proxyBefore(origin, { cacheDir, port });
  expect(await editions(second, "/100/a")).toEqual(["2"]);
  await second.stderr.until(/removals had not reached it/);
});
