import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stoppedAfterEach } from "./cleanup.ts";
import { startProxy } from "./harness.ts";

const keep = stoppedAfterEach();

const size = 5 * 1024 ** 3 + 12_345;
/** Where numbers of 32 bits end, and where the body does. */
const marks = [0, 2 ** 31 - 4, 2 ** 32 - 4, size - 8];
const mark = "markmark";

/** A file of that size that takes no room, with a mark at each place where something could go wrong. */
function sparseFile(folder: string): string {
  const path = join(folder, "origin");
  const file = openSync(path, "w");
  ftruncateSync(file, size);
  for (const at of marks) writeSync(file, mark, at);
  closeSync(file);
  return path;
}

async function summed(body: ReadableStream<Uint8Array> | null): Promise<{ sum: number; bytes: number }> {
  let sum = 0;
  let bytes = 0;
  for await (const chunk of body ?? []) {
    sum = Bun.hash.crc32(chunk, sum);
    bytes += chunk.byteLength;
  }
  return { sum, bytes };
}

const wanted = process.env["TEST_LARGE_OBJECT"] !== undefined;
if (!wanted) {
  console.warn(
    `skipped: an object of 5 GB takes a minute and 10 GB of ${tmpdir()}; TEST_LARGE_OBJECT=1 asks for it`,
  );
}

test.skipIf(!wanted)(
  "an object of 5 GB is stored and served, whole and by ranges beyond 4 GiB, every byte as the origin has it",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "cacheproxy-large-"));
    keep({ stop: async () => rmSync(folder, { recursive: true }) });
    const path = sparseFile(folder);
    let asked = 0;
    const origin = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      development: false,
      idleTimeout: 0,
      fetch() {
        asked += 1;
        const headers = { "Cache-Control": "max-age=3600", "Content-Type": "application/octet-stream" };
        return new Response(Bun.file(path).slice(0, size), { headers });
      },
    });
    keep({ stop: () => origin.stop(true) });
    const proxy = keep(
      await startProxy(`http://127.0.0.1:${origin.port}`, {
        flags: ["--log", "off", "--max-object", "6GB"],
      }),
    );
    const expected = await summed(Bun.file(path).stream());
    expect(expected.bytes).toBe(size);
    for (const word of ["MISS", "HIT"]) {
      const response = await fetch(`${proxy.url}/large`);
      expect(response.headers.get("X-Cache")).toBe(word);
      expect(await summed(response.body)).toEqual(expected);
    }
    for (const at of marks) {
      const headers = { Range: `bytes=${at}-${at + 7}` };
      const response = await fetch(`${proxy.url}/large`, { headers });
      expect([response.status, await response.text()]).toEqual([206, mark]);
    }
    expect(asked).toBe(1);
  },
  120_000,
);
