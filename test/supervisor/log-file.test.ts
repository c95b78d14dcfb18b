import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/config/usage-error.ts";
import { openLogFile, refuseUnwritable } from "../../src/supervisor/log-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function opened() {
  const path = join(folder, "access.log");
  const errors: string[] = [];
  const file = openLogFile(path, (error) => errors.push(error));
  return { path, errors, file, text: (name = path) => readFileSync(name, "utf8") };
}

describe("a log file", () => {
  test("is added to, and nobody else may read it", async () => {
    const { path, file, text } = opened();
    await file.writeAll("one\n");
    await file.writeAll("two\n");
    expect([text(), statSync(path).mode & 0o777]).toEqual(["one\ntwo\n", 0o600]);
    await file.close();
  });

  test("keeps what was in it", async () => {
    const { path, file, text } = opened();
    await Bun.write(path, "before\n");
    await file.writeAll("one\n");
    expect(text()).toBe("before\none\n");
    await file.close();
  });

  test("that was moved away is written to until it is opened anew, then the one that has its name", async () => {
    const { path, file, text } = opened();
    const moved = `${path}.1`;
    await file.writeAll("one\n");
    renameSync(path, moved);
    await file.writeAll("two\n");
    file.reopen();
    await file.writeAll("three\n");
    expect([text(moved), text()]).toEqual(["one\ntwo\n", "three\n"]);
    await file.close();
  });

  test("that cannot be opened anew is told of, and tried again with the next lines", async () => {
    const { path, file, text, errors } = opened();
    await file.writeAll("one\n");
    renameSync(path, `${path}.1`);
    mkdirSync(path);
    file.reopen();
    await expect(file.writeAll("lost\n")).rejects.toThrow("could not be written to");
    rmSync(path, { recursive: true });
    await file.writeAll("three\n");
    expect([errors, text()]).toEqual([["EISDIR"], "three\n"]);
    await file.close();
  });

  test("whose last line a full disk has cut goes on with a line of its own", async () => {
    const { path, file, text } = opened();
    mkdirSync(path);
    await expect(file.writeAll("lost\n")).rejects.toThrow("could not be written to");
    rmSync(path, { recursive: true });
    await Bun.write(path, "one\nha");
    await file.writeAll("three\n");
    await file.writeAll("four\n");
    expect(text()).toBe("one\nha\nthree\nfour\n");
    await file.close();
  });
});

describe("a log file that cannot be written to is refused at the start", () => {
  test.each(["none/access.log", "."])("%s", (name) => {
    expect(() => refuseUnwritable(join(folder, name))).toThrow(UsageError);
  });

  test("a pipe that nobody reads, without waiting for who might", () => {
    const path = join(folder, "pipe");
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    expect(() => refuseUnwritable(path)).toThrow("that nobody reads");
  });

  test("one that can is not, and stays as it was", async () => {
    const path = join(folder, "access.log");
    await Bun.write(path, "before\n");
    chmodSync(path, 0o640);
    refuseUnwritable(path);
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["before\n", 0o640]);
  });
});
