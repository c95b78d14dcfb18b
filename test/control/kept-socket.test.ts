import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Door, keepSocket } from "../../src/control/kept-socket.ts";
import { createFakeClock, type FakeClock } from "../supervisor/fake-clock.ts";

let folder: string;
let path: string;
let clock: FakeClock;
let troubles: unknown[];
let isOurs: boolean;
const doors: Door[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cacheproxy-socket-"));
  path = join(folder, "s.sock");
  clock = createFakeClock();
  troubles = [];
  isOurs = true;
});
afterEach(async () => {
  for (const door of doors.splice(0)) await door.stop();
  rmSync(folder, { recursive: true, force: true });
});

function listen(says = "ours"): Door {
  const server = Bun.serve({ unix: path, development: false, fetch: () => new Response(says) });
  return { stop: () => server.stop(true) };
}

function keep(): Door {
  const door = keepSocket({
    path,
    listen,
    every: clock.every,
    isOurs: () => isOurs,
    onTrouble: (error) => troubles.push(error),
  });
  doors.push(door);
  return door;
}

async function answer(): Promise<string> {
  return await (await fetch("http://localhost/", { unix: path })).text();
}

test("a socket that somebody has removed, with its folder or alone, is there again within a second", async () => {
  keep();
  for (const removed of [path, folder]) {
    rmSync(removed, { recursive: true });
    mkdirSync(folder, { recursive: true });
    await clock.advance(1000);
    expect(await answer()).toBe("ours");
  }
  expect(troubles).toEqual([]);
});

test("where it cannot be made that is told, and it is tried again each second", async () => {
  rmSync(folder, { recursive: true });
  keep();
  await clock.advance(1000);
  expect(troubles).toHaveLength(2);
  mkdirSync(folder);
  await clock.advance(1000);
  expect(await answer()).toBe("ours");
  expect(troubles).toHaveLength(2);
});

test("it is not made while the path may be another's", async () => {
  isOurs = false;
  keep();
  await clock.advance(1000);
  expect(existsSync(path)).toBe(false);
});

test("another's socket in its place stays when it stops", async () => {
  const door = keep();
  isOurs = false;
  rmSync(path);
  doors.push(listen("another's"));
  await clock.advance(1000);
  await door.stop();
  expect(await answer()).toBe("another's");
});

test("when it stops nothing is left, and nothing comes again", async () => {
  await keep().stop();
  await clock.advance(5000);
  expect(existsSync(path)).toBe(false);
});
