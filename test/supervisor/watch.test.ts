import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentsOf, looksOf } from "../../src/supervisor/named-files.ts";
import { watch } from "../../src/supervisor/watch.ts";
import { createFakeClock } from "./fake-clock.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), "watch-"));
  directories.push(directory);
  return directory;
}

function watching(first: string | null) {
  const clock = createFakeClock();
  const scene = { look: first, changes: 0 };
  watch({
    clock,
    look: () => scene.look,
    onChange: () => {
      scene.changes += 1;
    },
  });
  return { clock, scene };
}

test("a change is told once, when two looks have found the same", async () => {
  const { clock, scene } = watching("a");
  await clock.advance(5_000);
  expect(scene.changes).toBe(0);
  scene.look = "half";
  await clock.advance(1_000);
  scene.look = "whole";
  await clock.advance(1_000);
  expect(scene.changes).toBe(0);
  await clock.advance(1_000);
  expect(scene.changes).toBe(1);
  await clock.advance(5_000);
  expect(scene.changes).toBe(1);
});

test("what is as before by then is no change", async () => {
  const { clock, scene } = watching("a");
  scene.look = "gone for a moment";
  await clock.advance(1_000);
  scene.look = "a";
  await clock.advance(5_000);
  expect(scene.changes).toBe(0);
});

test("to begin to watch, or to stop it, is no change of what is watched", async () => {
  const { clock, scene } = watching(null);
  scene.look = "a";
  await clock.advance(5_000);
  scene.look = null;
  await clock.advance(5_000);
  expect(scene.changes).toBe(0);
});

test("a file looks different when it is written, and when another takes its name", () => {
  const directory = folder();
  const path = join(directory, "cacheproxy.toml");
  const looks = new Set([looksOf([path])]);
  writeFileSync(path, "a = 1\n");
  looks.add(looksOf([path]));
  writeFileSync(path, "a = 12\n");
  looks.add(looksOf([path]));
  writeFileSync(join(directory, ".swp"), "a = 12\n");
  renameSync(join(directory, ".swp"), path);
  looks.add(looksOf([path]));
  expect(looks.size).toBe(4);
});

test("the contents of a file are the same whoever wrote them, and those of none are told apart", () => {
  const path = join(folder(), "shop.pem");
  const none = contentsOf([path]);
  writeFileSync(path, "one");
  const one = contentsOf([path]);
  writeFileSync(path, "two");
  expect(new Set([none, one, contentsOf([path])]).size).toBe(3);
  writeFileSync(path, "one");
  expect(contentsOf([path])).toBe(one);
});

test("a pipe in the place of a file has no contents, and nobody waits for its writer", async () => {
  const pipe = join(folder(), "a.pem");
  await Bun.$`mkfifo ${pipe}`;
  expect(contentsOf([pipe])).toBe(`${pipe} no-file\n`);
});
