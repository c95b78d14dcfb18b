import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Script, startOrigin } from "../fixtures/origin.ts";
import { freePort } from "../fixtures/port.ts";
import { connectTo, get, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const flags = ["--workers", "2", "--log", "off"];
const hello: Script = (exchange) => void exchange.respond(200, { "Cache-Control": "max-age=3600" }, "hello");

const firstChunk = "5\r\nfirst\r\n";
const secondHalf = "5\r\n-last\r\n0\r\n\r\n";

describe("a start beside one that drains", () => {
  test("waits for its last download, which is not disturbed, and then serves what the other had stored", async () => {
    const cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-takeover-"));
    keep({ stop: () => rm(cacheDir, { recursive: true, force: true }) });
    const barrier = Promise.withResolvers<void>();
    const origin = keep(
      await startOrigin(async (exchange) => {
        if (exchange.request.target !== "/slow") return hello(exchange);
        await exchange.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${firstChunk}`);
        await barrier.promise;
        await exchange.send(secondHalf);
      }),
    );
    const first = keep(await startProxy(origin.url, { cacheDir, flags }));
    expect((await get(first.port, "/a")).field("X-Cache")).toBe("MISS");
    const client = await connectTo(first.port);
    await client.send(requestText("GET", "/slow"));
    await client.head();
    await client.bytes(firstChunk.length);
    first.signal("SIGTERM");
    const starting = startProxy(origin.url, { cacheDir, flags, port: first.port });
    barrier.resolve();
    expect(Buffer.from((await client.rest()).bytes).toString()).toBe(secondHalf);
    client.close();
    const second = keep(await starting);
    expect(await first.exited).toBe(0);
    expect((await get(second.port, "/a")).field("X-Cache")).toBe("HIT");
  });
});

describe.skipIf(process.platform !== "linux")("a port", () => {
  test("is one cacheproxy's, also when two start at the same moment", async () => {
    const origin = keep(await startOrigin(hello));
    const port = await freePort();
    const both = await Promise.allSettled([0, 1].map(() => startProxy(origin.url, { port, flags })));
    const serving = both.flatMap((one): RunningProxy[] =>
      one.status === "fulfilled" ? [keep(one.value)] : [],
    );
    const refused = both.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    expect([serving.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]).toContain("ended with 2 instead of serving");
    expect(refused[0]).toContain(`--port ${port} is taken by another`);
    expect((await get(port, "/a")).text).toBe("hello");
  });

  test.each(["127.0.0.1", "0.0.0.0", "::"])(
    "of one that serves is refused to another on %s",
    async (host) => {
      const origin = keep(await startOrigin(hello));
      const { port } = keep(await startProxy(origin.url, { flags }));
      const cacheDir = join(tmpdir(), `cacheproxy-never-${port}`);
      const words = ["--host", host, "--port", `${port}`, "--origin", origin.url, "--cache-dir", cacheDir];
      const { code, stderr } = await runBinary([...words, ...flags]);
      expect([code, stderr.match(/\n/g)?.length]).toEqual([2, 1]);
      expect(stderr).toContain(`--port ${port} is taken by another`);
    },
  );
});
