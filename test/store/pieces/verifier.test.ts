import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BodyFiles } from "../../../src/store/disk/body-files.ts";
import { checksumOfPart } from "../../../src/store/disk/checksum.ts";
import { createPieceVerifier } from "../../../src/store/pieces/verifier.ts";
import type { Piece, Trouble } from "../../../src/store/tier.ts";
import { bytesOf, newResponse } from "../samples.ts";

let folder: string;
let path: string;
let piece: Piece;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cacheproxy-verifier-"));
  path = join(folder, "body");
  await Bun.write(path, bytesOf(100_000));
  const file = await open(path);
  piece = { start: 1000, end: 50_000, checksum: await checksumOfPart(file, 1000, 50_000) };
  await file.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const response = { ...newResponse(), id: "id", size: 100_000, storedAt: 0, version: 0 };

/** What it says, and what the operator hears, when the file is opened like this. */
async function verify(opening: () => Promise<FileHandle>) {
  const troubles: Trouble[] = [];
  const damages: string[] = [];
  const bodies = {
    open: opening,
    look: () =>
      (Bun.file(path).size ?? 0) > 0 ? { size: 100_000, taken: 100_000, modifiedAt: 0 } : undefined,
  } as unknown as BodyFiles;
  const verifier = createPieceVerifier({
    bodies,
    onDamage: (_, code) => damages.push(code),
    onTrouble: (trouble) => troubles.push(trouble),
  });
  return { isRight: await verifier.verify(response, piece), troubles, damages };
}

test("a piece that is what its checksum says is right", async () => {
  expect(await verify(() => open(path))).toEqual({ isRight: true, troubles: [], damages: [] });
});

test("a piece whose file was removed while it was read cannot be sent, which is nobody's trouble", async () => {
  const removing = async () => {
    const file = await open(path);
    rmSync(path);
    return file;
  };
  expect(await verify(removing)).toEqual({ isRight: false, troubles: [], damages: [] });
});

test("nor is it one that the file was removed before", async () => {
  expect(await verify(() => open(join(folder, "none")))).toEqual({
    isRight: false,
    troubles: [],
    damages: [],
  });
});

test("a file that cannot be read for another reason is told", async () => {
  const { isRight, troubles } = await verify(() =>
    Promise.reject(Object.assign(new Error("input/output error"), { code: "EIO" })),
  );
  expect([isRight, troubles.map(({ code }) => code)]).toEqual([false, ["EIO"]]);
});
