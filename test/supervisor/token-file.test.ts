import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "bun:test";
import { isShown } from "../../src/sites/secret.ts";
import { adminTokenPath, createTokenFile } from "../../src/supervisor/admin/token-file.ts";
import { cleanUp, makeDirectory } from "./running.ts";

afterEach(cleanUp);

const kept = "a-token-that-was-made-before";

function openFile({ isOurs = true, directory = makeDirectory() } = {}) {
  const path = adminTokenPath(directory);
  const told: string[] = [];
  let made = 0;
  const tokenNow = createTokenFile({
    ...{ path, isOurs: () => isOurs },
    called: "the token for --admin",
    orElse: "or give one by --admin-token",
    newToken: () => `token-number-${++made}-of-this-test`,
    info: (message) => told.push(`info: ${message.replace(path, "FILE")}`),
    warn: (message) => told.push(`warn: ${message.replace(path, "FILE")}`),
  });
  const isIt = (token: string) => {
    const secret = tokenNow();
    return secret !== null && isShown(secret, `Bearer ${token}`);
  };
  return { path, directory, told, tokenNow, isIt };
}

const first = "token-number-1-of-this-test";
const second = "token-number-2-of-this-test";

test("a token is made where there is none, for this user alone, and told of once", () => {
  const { path, isIt, told } = openFile();
  expect([isIt(first), isIt(first)]).toEqual([true, true]);
  expect(readFileSync(path, "utf8")).toBe(`${first}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(told).toEqual(["info: the token for --admin is made; it is in FILE"]);
});

test("the one of an earlier start, or of the operator, is kept", () => {
  const { path, isIt, told } = openFile();
  writeFileSync(path, `${kept}\n`, { mode: 0o600 });
  expect(isIt(kept)).toBe(true);
  expect(told).toEqual(["info: the token for --admin is in FILE"]);
});

test("whoever removes the file, or writes another token into it, has another token at once", () => {
  const { path, isIt } = openFile();
  expect(isIt(first)).toBe(true);
  Bun.spawnSync(["rm", path]);
  expect([isIt(first), isIt(second)]).toEqual([false, true]);
  writeFileSync(path, kept);
  expect([isIt(second), isIt(kept)]).toEqual([false, true]);
});

describe("what is no secret any more, or none of ours, is replaced and told of", () => {
  const other = "somebody-else-s-token";
  test.each<[string, (path: string, directory: string) => void]>([
    ["was open to others", (path) => writeFileSync(path, kept, { mode: 0o640 })],
    ["was open to others", (path) => writeFileSync(path, kept, { mode: 0o604 })],
    ["held no token", (path) => writeFileSync(path, "short", { mode: 0o600 })],
    ["held no token", (path) => writeFileSync(path, "", { mode: 0o600 })],
    ["held no token", (path) => writeFileSync(path, "x".repeat(5_000), { mode: 0o600 })],
    [
      "held no token",
      (path) => writeFileSync(path, "one-token-or-more\nanother-token-here\n", { mode: 0o600 }),
    ],
    ["was no file", (path) => Bun.spawnSync(["mkfifo", "-m", "600", path])],
    [
      "was a symbolic link",
      (path, directory) => {
        writeFileSync(join(directory, "other"), other, { mode: 0o600 });
        symlinkSync("other", path);
      },
    ],
    ["was a symbolic link", (path) => symlinkSync("nowhere", path)],
    [
      "had another name besides",
      (path, directory) => {
        writeFileSync(join(directory, "other"), other, { mode: 0o600 });
        linkSync(join(directory, "other"), path);
      },
    ],
  ])("%s (%#)", (why, make) => {
    const { path, directory, isIt, told } = openFile();
    make(path, directory);
    expect([isIt(first), isIt(other), isIt(kept)]).toEqual([true, false, false]);
    expect(told).toEqual([`warn: FILE ${why}: the token for --admin is another one from now on`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const left = readdirSync(directory).filter((name) => name !== "admin.token");
    for (const name of left) expect(readFileSync(join(directory, name), "utf8")).toBe(other);
  });

  test("also while cacheproxy runs", () => {
    const { path, isIt } = openFile();
    expect(isIt(first)).toBe(true);
    chmodSync(path, 0o644);
    expect([isIt(first), isIt(second)]).toEqual([false, true]);
  });
});

describe("where none can be made nobody has it, which is told once, until there is one", () => {
  test("the folder is another's", () => {
    const { tokenNow, told, directory } = openFile({ isOurs: false });
    expect([tokenNow(), tokenNow()]).toEqual([null, null]);
    expect(told).toEqual([expect.stringContaining("FILE cannot be read or written")]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("something else lies there", () => {
    const { path, tokenNow, told, directory } = openFile();
    mkdirSync(path);
    expect([tokenNow(), tokenNow()]).toEqual([null, null]);
    expect(told).toHaveLength(1);
    expect(readdirSync(directory)).toEqual(["admin.token"]);
  });

  test("the folder is gone, and comes back", () => {
    const directory = join(makeDirectory(), "cache");
    const { tokenNow, isIt, told } = openFile({ directory });
    expect(tokenNow()).toBeNull();
    expect(told).toEqual([expect.stringContaining("(ENOENT)")]);
    mkdirSync(directory);
    expect(isIt(second)).toBe(true);
  });
});
