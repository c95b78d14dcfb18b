import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNotes } from "../../../src/cli/warm/notes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-notes-"));
});
afterAll(() => rm(folder, { recursive: true }));

const plain = { fields: [], words: "" };
const german = { fields: [], words: "accept-language: de" };

/** What the next run finds done. */
function found(path: string, ...names: [url: string, variant: typeof plain][]): boolean[] {
  const notes = openNotes(path);
  const has = names.map(([url, variant]) => notes.has(url, variant));
  notes.close();
  return has;
}

test("what is noted is done for the next run, each variant for itself", () => {
  const path = join(folder, "variants");
  const notes = openNotes(path);
  notes.note("http://a.example/", plain);
  notes.note("http://b.example/", german);
  notes.close();
  const names: Parameters<typeof found>[1][] = [
    ["http://a.example/", plain],
    ["http://a.example/", german],
    ["http://b.example/", plain],
    ["http://b.example/", german],
    ["http://c.example/", plain],
  ];
  expect(found(path, ...names)).toEqual([true, false, false, true, false]);
});

test("a variant that is not written in ASCII is found done, too", () => {
  const path = join(folder, "letters");
  const umlaut = { fields: [], words: "x-shop: Käse" };
  const notes = openNotes(path);
  notes.note("http://a.example/", umlaut);
  notes.note("http://b.example/", plain);
  notes.close();
  expect(found(path, ["http://a.example/", umlaut], ["http://b.example/", plain])).toEqual([true, true]);
});

test("wherever a kill has cut it, what stands there whole is done, and what was cut is not", async () => {
  const path = join(folder, "cut");
  const notes = openNotes(path);
  const urls = ["http://a.example/1", "http://a.example/12"];
  for (const url of urls) notes.note(url, plain);
  notes.close();
  const whole = await Bun.file(path).text();
  const lines = whole.split("\n").slice(0, -1);
  for (let length = 0; length <= whole.length; length++) {
    await Bun.write(path, whole.slice(0, length));
    const ends = urls.map((_, place) => `${lines.slice(0, place + 2).join("\n")}\n`.length <= length);
    expect(found(path, ...urls.map((url): [string, typeof plain] => [url, plain]))).toEqual(ends);
    const again = openNotes(path);
    again.note("http://a.example/last", plain);
    again.close();
    expect(found(path, ["http://a.example/last", plain], ["http://a.example/", plain])).toEqual([
      true,
      false,
    ]);
  }
});

test("another file is not written to, nor one that is none, and no pipe is waited for", async () => {
  const path = join(folder, "other");
  await Bun.write(path, "important\n");
  expect(() => openNotes(path)).toThrow("is another file; it should be one of this command, or none yet");
  expect(await Bun.file(path).text()).toBe("important\n");
  const pipe = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  for (const none of [folder, pipe])
    expect(() => openNotes(none)).toThrow(
      "is no regular file; it should be one of this command, or none yet",
    );
  expect(() => openNotes(join(folder, "nowhere", "file"))).toThrow("cannot be used (ENOENT)");
});
