import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/config/usage-error.ts";
import { lockCacheDirectory } from "../../src/supervisor/cache-lock.ts";

function inDirectory(work: (directory: string) => void): void {
  const parent = mkdtempSync(join(tmpdir(), "lock-"));
  try {
    work(join(parent, "cache"));
  } finally {
    rmSync(parent, { recursive: true });
  }
}

test("the cache directory is one supervisor's until it lets go", () => {
  inDirectory((directory) => {
    const lock = lockCacheDirectory(directory);
    expect(() => lockCacheDirectory(directory)).toThrow(
      new UsageError(`--cache-dir ${directory}: the cache directory is in use by another cacheproxy`),
    );
    lock.release();
    lockCacheDirectory(directory).release();
  });
});

test("the directory and the lock are their user's alone", () => {
  inDirectory((directory) => {
    lockCacheDirectory(directory).release();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "lock")).mode & 0o777).toBe(0o600);
  });
});
