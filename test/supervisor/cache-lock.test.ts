import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheLock, cachePlace, lockCacheDirectory } from "../../src/supervisor/cache-lock.ts";

async function inDirectory(work: (directory: string) => void | Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), "lock-"));
  try {
    await work(join(parent, "cache"));
  } finally {
    rmSync(parent, { recursive: true });
  }
}

test("the cache directory is one supervisor's until it lets go", () =>
  inDirectory((directory) => {
    const lock = lockCacheDirectory(directory);
    expect(lockCacheDirectory(directory)).toBeUndefined();
    lock?.release();
    lockCacheDirectory(directory)?.release();
    expect(lock).toBeDefined();
  }));

test("a directory that was removed is taken again, unless another was quicker", () =>
  inDirectory((directory) => {
    const lock = cacheLock(directory);
    expect([lock.isHeld(), lock.keep(), lock.isHeld()]).toEqual([false, true, true]);
    rmSync(directory, { recursive: true });
    expect([lock.isHeld(), lock.keep(), lock.isHeld()]).toEqual([false, true, true]);
    expect(lockCacheDirectory(directory)).toBeUndefined();
    rmSync(directory, { recursive: true });
    const other = lockCacheDirectory(directory);
    expect([lock.isHeld(), lock.keep()]).toEqual([false, false]);
    other?.release();
    expect(lock.keep()).toBe(true);
    lock.release();
  }));

test("a disk that cannot be written to now is no reason not to start: the directory is taken when it can be", async () => {
  const mountPoint = mkdtempSync(join(tmpdir(), "lock-"));
  const mount = (options: string) =>
    Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "cacheproxy-test", mountPoint]).success;
  if (!mount("ro")) console.warn("skipped: no tmpfs can be mounted here");
  else {
    const place = await cachePlace(join(mountPoint, "cache"));
    const lock = await place.take();
    expect(lock?.isHeld()).toBe(false);
    expect(() => lock?.keep()).toThrow("EROFS");
    expect(mount("remount,rw")).toBe(true);
    expect(lock?.keep()).toBe(true);
    lock?.release();
    Bun.spawnSync(["umount", mountPoint]);
  }
  rmSync(mountPoint, { recursive: true });
});

test("the directory and the lock are their user's alone", () =>
  inDirectory((directory) => {
    lockCacheDirectory(directory)?.release();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "lock")).mode & 0o777).toBe(0o600);
  }));

test("a directory that can be written to is made, and nothing is left in it", () =>
  inDirectory(async (directory) => {
    await cachePlace(directory);
    expect(readdirSync(directory)).toEqual([]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  }));

test("a directory that is a file is refused", () =>
  inDirectory(async (directory) => {
    writeFileSync(directory, "");
    await expect(cachePlace(directory)).rejects.toThrow(
      /^--cache-dir ".*cache" cannot be written to \(E[A-Z]+\); it should be a folder where you may create files$/,
    );
  }));

test.each<[what: string, answer: (() => Response | Promise<Response>) | null, isKept: boolean]>([
  ["serves", () => Response.json({ status: "ok", reasons: [] }), true],
  ["serves badly", () => Response.json({ status: "degraded", reasons: ["worker 1 is down"] }), true],
  ["is stopping", () => Response.json({ status: "degraded", reasons: ["the proxy is stopping"] }), false],
  ["hangs", () => new Promise<Response>(() => undefined), false],
  ["has closed its door", null, false],
])("a directory of a cacheproxy that %s", (_, answer, isKept) =>
  inDirectory(async (directory) => {
    const place = await cachePlace(directory);
    const server = answer && Bun.serve({ unix: join(directory, "admin.sock"), fetch: answer });
    expect(await place.isKept()).toBe(isKept);
    await server?.stop(true);
    expect(existsSync(directory)).toBe(true);
  }),
);
