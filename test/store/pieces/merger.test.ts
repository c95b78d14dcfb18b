import { expect, test } from "bun:test";
import type { BodyFiles } from "../../../src/store/disk/body-files.ts";
import { createPieceMerger } from "../../../src/store/pieces/merger.ts";
import type { PieceVerifier } from "../../../src/store/pieces/verifier.ts";
import type { Trouble } from "../../../src/store/tier.ts";
import { newResponse } from "../samples.ts";

/** What the operator hears when the file of two pieces that are the whole cannot be opened for this reason. */
async function troublesOf(code: string): Promise<string[]> {
  const troubles: Trouble[] = [];
  const bodies = {
    look: () => ({ size: 10, taken: 10, modifiedAt: 0 }),
    open: () => Promise.reject(Object.assign(new Error("it cannot be opened"), { code })),
  };
  const verifier: PieceVerifier = { verify: async () => true, trust: () => undefined };
  const merger = createPieceMerger({
    bodies: bodies as unknown as BodyFiles,
    keeper: { changePieces: async () => undefined },
    verifier,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  merger.mergeLater({
    response: { ...newResponse(), id: "id", size: 10, version: 0 },
    pieces: [
      { start: 0, end: 5, checksum: "a" },
      { start: 5, end: 10, checksum: "b" },
    ],
    lastUsedAt: 0,
    used: false,
  });
  // Else it would look away when the work begins.
  await new Promise(setImmediate);
  await merger.close();
  return troubles.map((trouble) => trouble.code);
}

test("pieces that are removed while they are to be merged are nobody's trouble", async () => {
  expect(await troublesOf("ENOENT")).toEqual([]);
});

test("pieces that cannot be merged for another reason are told", async () => {
  expect(await troublesOf("EIO")).toEqual(["EIO"]);
});
