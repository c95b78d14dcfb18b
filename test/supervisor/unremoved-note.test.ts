import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUnremovedNote } from "../../src/supervisor/unremoved-note.ts";

let directory: string;
let condemned: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "note-"));
  condemned = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function openNote(isOurs = true) {
  return createUnremovedNote({
    indexPath: join(directory, "index.sqlite"),
    condemn: (path) => condemned.push(path),
    isOurs: () => isOurs,
  });
}

test("what an earlier supervisor did not get removed condemns the index, once", () => {
  openNote().leave(true);
  openNote().heedFormer();
  expect(condemned).toEqual([join(directory, "index.sqlite")]);
  openNote().heedFormer();
  expect(condemned).toHaveLength(1);
});

test("what is noted in this life does not: the next keeper is given it and keeps its index", () => {
  const note = openNote();
  note.heedFormer();
  note.leave(true);
  note.heedFormer();
  expect(condemned).toEqual([]);
});

test("a note that was taken away condemns nothing", () => {
  const note = openNote();
  note.leave(true);
  note.leave(false);
  expect(readdirSync(directory)).toEqual([]);
  openNote().heedFormer();
  expect(condemned).toEqual([]);
});

test("no note is left in a cache directory that is another's", () => {
  expect(() => openNote(false).leave(true)).toThrow("in use by another cacheproxy");
  expect(readdirSync(directory)).toEqual([]);
});
