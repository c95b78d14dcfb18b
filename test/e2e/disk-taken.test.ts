import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../fixtures/port.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { formatFolders, type RunningProxy, runBinary } from "./harness.ts";
import { fillUp, restartWorkers, startProxyBeforeSite, until, Visitor } from "./visitor.ts";

const keep = stoppedAfterEach();

async function visit({ port }: RunningProxy): Promise<Visitor> {
  return keep(await Visitor.to(port));
}

/** Asks for something new again and again until it is stored on the disk: it is too large for a worker's memory. */
async function untilStored(proxy: RunningProxy): Promise<void> {
  // The same page each time: there is not room for several on a disk of 2 MB.
  await until(async () => (await (await visit(proxy)).word("/1200000/new")) === "HIT");
}

/** A disk of 2 MB; undefined, and said so, where none can be mounted. */
function smallDisk(): string | undefined {
  const mountPoint = mkdtempSync(join(tmpdir(), "cacheproxy-e2e-taken-"));
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m", "none", mountPoint]).success;
  keep({
    async stop() {
      if (mounted) Bun.spawnSync(["umount", "--lazy", mountPoint]);
      rmSync(mountPoint, { recursive: true, force: true });
    },
  });
  if (!mounted) console.warn("skipped: no tmpfs can be mounted here");
  return mounted ? mountPoint : undefined;
}

describe("a disk that is full at the start", () => {
  test("clients are served from the origin and from memory, health says so, and with room it stores", async () => {
    const disk = smallDisk();
    if (disk === undefined) return;
    const ballast = fillUp(disk);
    // There is no room for a socket either.
    const admin = await freePort();
    const proxy = await startProxyBeforeSite(keep, {
      cacheDir: join(disk, "cache"),
      flags: ["--admin", `127.0.0.1:${admin}`],
    });
    const visitor = await visit(proxy);
    expect(await visitor.word("/100/a")).toBe("MISS");
    expect(await visitor.word("/100/a")).toBe("HIT");
    expect(await visitor.word("/1200000/a")).toBe("MISS");
    const health = await fetch(`http://127.0.0.1:${admin}/healthz`);
    expect([health.status, await health.text()]).toEqual([
      503,
      expect.stringContaining("the store is degraded"),
    ]);
    rmSync(ballast);
    await untilStored(proxy);
  });

  test("so does a worker that is restarted meanwhile", async () => {
    const disk = smallDisk();
    if (disk === undefined) return;
    const proxy = await startProxyBeforeSite(keep, { cacheDir: join(disk, "cache") });
    const ballast = fillUp(disk);
    await restartWorkers(proxy);
    const visitor = await visit(proxy);
    expect(await visitor.word("/100/b")).toBe("MISS");
    expect(await visitor.word("/100/b")).toBe("HIT");
    rmSync(ballast);
    await untilStored(proxy);
  });
});

describe("while it runs", () => {
  test("the cache folder is removed: what is asked for is stored again, and purge finds the proxy", async () => {
    const proxy = await startProxyBeforeSite(keep, {});
    const visitor = await visit(proxy);
    await visitor.word("/1200000/a");
    rmSync(proxy.cacheDir, { recursive: true });
    await until(async () => existsSync(join(proxy.cacheDir, "admin.sock")));
    await until(async () =>
      formatFolders(proxy.cacheDir).some((root) => existsSync(join(root, "index.sqlite"))),
    );
    await untilStored(proxy);
    const purge = await runBinary(["purge", "--all", "--cache-dir", proxy.cacheDir]);
    expect(purge.stdout).toMatch(/^removed [1-9]/);
    const second = await runBinary([
      "--port",
      `${proxy.port + 1}`,
      "--cache-dir",
      proxy.cacheDir,
      "--takeover",
      "0s",
    ]);
    expect([second.code, second.stderr]).toEqual([
      2,
      expect.stringContaining("in use by another cacheproxy"),
    ]);
  });

  test("the folder of the format is removed: what is asked for is stored again", async () => {
    const proxy = await startProxyBeforeSite(keep, {});
    await (await visit(proxy)).word("/1200000/a");
    const [root = ""] = formatFolders(proxy.cacheDir);
    rmSync(root, { recursive: true });
    await until(async () => existsSync(join(root, "index.sqlite")));
    await untilStored(proxy);
    const verified = await runBinary(["verify", "--cache-dir", proxy.cacheDir]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
  });

  test.each<[name: string, told: RegExp | undefined]>([
    // What tells of it comes by way of the event loop, as a client's request does.
    ["index.sqlite-shm", /somebody has cut .* short/],
    ["index.sqlite-wal", undefined],
    ["index.sqlite", undefined],
  ])("%s is cut to nothing: no process ends, no client notices, and it stores again", async (name, told) => {
    const proxy = await startProxyBeforeSite(keep, {});
    const workers = await proxy.workerPids();
    const visitor = await visit(proxy);
    await visitor.word("/100/a");
    await visitor.word("/1200000/a");
    const [root = ""] = formatFolders(proxy.cacheDir);
    truncateSync(join(root, name));
    if (told !== undefined) await proxy.stderr.until(told);
    expect(await visitor.word("/100/b")).toBe("MISS");
    await untilStored(proxy);
    // Beside them there may be one that looks through the index.
    expect(await proxy.workerPids()).toEqual(expect.arrayContaining(workers));
  });
});
