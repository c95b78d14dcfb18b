import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ask, connectTo, type RawClient, requestText } from "../fixtures/raw-client.ts";
import { bytesOf } from "../store/samples.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { formatFolders, type RunningProxy, startProxy } from "./harness.ts";
import { originOfAllTests } from "./origin.ts";

const keep = stoppedAfterEach();
const megabyte = 1024 * 1024;
const tenMegabytes = bytesOf(10 * megabyte);

const origin = originOfAllTests((request) => {
  const { pathname } = new URL(request.url);
  const size = Number(pathname.split("/")[1]);
  const headers = { "Cache-Control": "max-age=3600", "Content-Type": "application/octet-stream" };
  // Without a length: the cache learns how large a body is as it comes.
  if (pathname.endsWith("-unknown")) {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === size) return controller.close();
        const chunk = tenMegabytes.subarray(sent, Math.min(size, sent + 65_536));
        sent += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    return new Response(body, { headers });
  }
  return new Response(tenMegabytes.subarray(0, size), { headers });
});

async function start(...flags: string[]): Promise<RunningProxy> {
  return keep(
    await startProxy(origin.url(), {
      flags: ["--log", "off", ...flags],
    }),
  );
}

function bodiesOnDisk(cacheDir: string): { bytes: number; files: number } {
  const sum = { bytes: 0, files: 0 };
  for (const root of formatFolders(cacheDir)) {
    for (const folder of ["bodies", "tmp"]) {
      for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        // It may be gone by now.
        const file = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
        sum.bytes += (file?.blocks ?? 0) * 512;
        sum.files += file === undefined ? 0 : 1;
      }
    }
  }
  return sum;
}

test("a small bound holds at every moment while many bodies come at once, known and unknown lengths alike", async () => {
  const bound = 16 * megabyte;
  const proxy = await start("--disk", "16MB", "--max-files", "100", "--memory", "2MB");
  const most = { bytes: 0, files: 0 };
  let looks = 0;
  const watch = setInterval(() => {
    const { bytes, files } = bodiesOnDisk(proxy.cacheDir);
    most.bytes = Math.max(most.bytes, bytes);
    most.files = Math.max(most.files, files);
    looks += 1;
  }, 2);
  const targets = Array.from({ length: 400 }, (_, number) => {
    const size = [2_000, 60_000, 300_000, 3_000_000][number % 4];
    return `/${size}/${number}${number % 8 < 4 ? "" : "-unknown"}`;
  });
  const waiting = [...targets];
  const client = async () => {
    for (let target = waiting.pop(); target !== undefined; target = waiting.pop()) {
      const body = await (await fetch(proxy.url + target)).bytes();
      const size = Number(target.split("/")[1]);
      expect(Buffer.compare(body, tenMegabytes.subarray(0, size))).toBe(0);
    }
  };
  await Promise.all(Array.from({ length: 40 }, client));
  clearInterval(watch);
  expect(looks).toBeGreaterThan(10);
  expect(most.bytes).toBeLessThanOrEqual(bound);
  expect(most.files).toBeLessThanOrEqual(100);
  // It is in use, too.
  expect(most.bytes).toBeGreaterThan(bound / 2);
});

describe.skipIf(process.platform !== "linux")("two hundred clients that do not read 10 MB", () => {
  const clientsAtOnce = 100;

  /** The most that the workers have had in memory so far, in megabytes. */
  async function peaks(proxy: RunningProxy): Promise<number[]> {
    return (await proxy.workerPids()).map((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    });
  }

  async function idlers(proxy: RunningProxy, target: (number: number) => string): Promise<RawClient[]> {
    return Promise.all(
      Array.from({ length: clientsAtOnce }, async (_, number) => {
        const client = await connectTo(proxy.port);
        keep({ stop: async () => client.close() });
        await client.send(requestText("GET", target(number), { Connection: "close" }));
        await client.head();
        return client;
      }),
    );
  }

  async function expectWhole(client: RawClient | undefined): Promise<void> {
    const { bytes } = (await client?.rest()) ?? { bytes: new Uint8Array() };
    // As it came, perhaps with the framing of chunks.
    expect(bytes.byteLength).toBeGreaterThanOrEqual(tenMegabytes.byteLength);
  }

  test("the fills end nevertheless, the workers' memory stays bounded, and who reads later gets it all", async () => {
    const proxy = await start("--memory", "16MB");
    const target = (number: number) => `/${tenMegabytes.byteLength}/cold-${number % 10}`;
    const cold = await idlers(proxy, target);
    for (let number = 0; number < 10; number++) {
      const head = requestText("HEAD", target(number));
      while ((await ask(proxy.port, head)).field("X-Cache") !== "HIT") await Bun.sleep(20);
    }
    const stored = await idlers(proxy, target);
    for (const peak of await peaks(proxy)) expect(peak).toBeLessThan(600);
    for (const clients of [cold, stored]) for (const client of clients.slice(0, 5)) await expectWhole(client);
    console.log(`peaks of memory: ${(await peaks(proxy)).map((peak) => peak.toFixed(0)).join(" and ")} MB`);
  });
});
