import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileBody } from "../../../src/store/memory/entry.ts";
import { createOpenFiles, mostReadBytes, type OpenFiles } from "../../../src/store/disk/open-files.ts";
import { bytesOf } from "../samples.ts";

let directory: string;
let files: OpenFiles;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "open-files-"));
  files = createOpenFiles({ most: 3, idle: 1_000_000 });
});
afterEach(() => {
  files.close();
  rmSync(directory, { recursive: true });
});

function newFile(name: string, bytes: Uint8Array = bytesOf(1000)): FileBody {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return { kind: "file", path, size: bytes.byteLength, modifiedAt: Math.floor(statSync(path).mtimeMs) };
}

/** Descriptors of this process that lead into the directory. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(directory);
    } catch {
      return false;
    }
  }).length;
}

test("the bytes of a part are read, again and again", () => {
  const file = newFile("a");
  const other = newFile("b", bytesOf(mostReadBytes, 2));
  for (let round = 0; round < 3; round++) {
    expect(files.read(file, 100, 200)).toEqual(bytesOf(1000).slice(100, 200));
    expect(files.read(other, 0, mostReadBytes)).toEqual(bytesOf(mostReadBytes, 2));
  }
  expect(descriptors()).toBe(2);
});

test.each<[what: string, change: (path: string) => void]>([
  ["removed", (path) => rmSync(path)],
  ["replaced", (path) => renameSync(newFile("other").path, path)],
  ["made longer", (path) => appendFileSync(path, "more")],
  ["written to", (path) => utimesSync(path, 1, 1)],
])("a file that was %s is not as it was found, and is not held open", (_, change) => {
  const file = newFile("a");
  expect(files.isAsFound(file)).toBe(true);
  change(file.path);
  expect(files.isAsFound(file)).toBe(false);
  expect(descriptors()).toBe(0);
});

test("a file that is not there, or is shorter than it should be, gives nothing", () => {
  const file = newFile("a");
  expect(files.read(file, 900, 1100)).toBeUndefined();
  rmSync(file.path);
  const gone = { ...file, path: `${file.path}-gone` };
  expect([files.isAsFound(gone), files.read(gone, 0, 1)]).toEqual([false, undefined]);
});

test("no more than the bound are open: those used last, and none after the end", () => {
  const all = ["a", "b", "c", "d", "e"].map((name) => newFile(name));
  for (const file of all) expect(files.isAsFound(file)).toBe(true);
  expect(descriptors()).toBe(3);
  files.close();
  expect(descriptors()).toBe(0);
});

test("a file that nobody asks for is closed in time, and one that was removed", async () => {
  const brief = createOpenFiles({ idle: 1 });
  const [unused, removed] = [newFile("a"), newFile("b")];
  expect([brief.isAsFound(unused), brief.isAsFound(removed)]).toEqual([true, true]);
  rmSync(removed.path);
  while (descriptors() > 0) await new Promise((resolve) => setImmediate(resolve));
  brief.close();
});

test.skipIf(process.platform === "win32")(
  "a file is opened in place of another when no descriptor is left",
  async () => {
    const script = join(import.meta.dir, "../crowded-process.ts");
    const command = ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh", process.execPath, script, directory];
    const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
    expect(await child.stdout.text()).toBe("true second");
  },
);
