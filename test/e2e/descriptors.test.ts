import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectTo, type RawClient, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, startProxy } from "./harness.ts";
import { originOfAllTests } from "./origin.ts";

const keep = stoppedAfterEach();
const size = 400_000;
const large = new Uint8Array(size).fill(120);
const origin = originOfAllTests(
  () => new Response(large, { headers: { "Cache-Control": "max-age=3600", "Content-Type": "text/plain" } }),
);

/** Each process may have 64 files and connections, of which it needs some twenty itself. */
async function confined(): Promise<RunningProxy> {
  const launcher = ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh"];
  return keep(await startProxy(origin.url(), { launcher, flags: ["--workers", "1", "--log", "off"] }));
}

/** Clients that have had an answer and keep their connection, until they are refused. */
async function crowd(proxy: RunningProxy, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let number = 0; number < count; number += 1) {
    try {
      const client = await connectTo(proxy.port);
      keep({ stop: async () => client.close() });
      clients.push(client);
      await client.send(requestText("GET", "/page"));
    } catch {
      // Refused, or closed to make room: that is what is asked for here.
    }
  }
  return clients;
}

/** The status, or what became of the connection. */
async function statusOf(client: RawClient): Promise<number | "closed"> {
  try {
    return (await client.response()).status;
  } catch {
    return "closed";
  }
}

async function health(proxy: RunningProxy): Promise<string> {
  const unix = join(proxy.cacheDir, "admin.sock");
  return await (await fetch("http://localhost/healthz", { unix })).text();
}

/** Processor time of the worker so far, in hundredths of a second. */
function ticksOf(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, system] = fields.split(" ").slice(11, 13);
  return Number(user) + Number(system);
}

test.skipIf(process.platform !== "linux")(
  "the soft limit for descriptors is raised to the hard one",
  async () => {
    const launcher = ["sh", "-c", 'ulimit -Sn 64 && ulimit -Hn 500 && exec "$@"', "sh"];
    const proxy = keep(
      await startProxy(origin.url(), { launcher, flags: ["--workers", "1", "--log", "off"] }),
    );
    for (const pid of [proxy.pid, ...(await proxy.workerPids())]) {
      expect(readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max open files +500 +500 /m);
    }
  },
);

describe.skipIf(process.platform !== "linux")("a worker whose descriptors run out", () => {
  test("says so, gives hits from files or closes, never a 500, and serves again when there is room", async () => {
    const proxy = await confined();
    const first = await connectTo(proxy.port);
    await first.send(requestText("GET", "/page"));
    expect((await first.response()).body.byteLength).toBe(size);
    first.close();
    const clients = await crowd(proxy, 150);
    expect(await proxy.stderr.until(/descriptors are in use/)).toContain("of 64 descriptors are in use");
    expect(await health(proxy)).toContain("descriptors run out: worker 1: ");
    const statuses = await Promise.all(clients.map(statusOf));
    expect(new Set(statuses).difference(new Set([200, 503, "closed"]))).toEqual(new Set());
    expect(statuses).toContain(200);
    for (const client of clients) client.close();
    for (let status: number | "closed" = "closed"; status !== 200; await Bun.sleep(20)) {
      const client = await connectTo(proxy.port).catch(() => undefined);
      if (client === undefined) continue;
      await client.send(requestText("GET", "/page"));
      status = await statusOf(client);
      client.close();
    }
  });

  test("does not try without end to accept what it has no descriptor for", async () => {
    const proxy = await confined();
    const [worker] = await proxy.workerPids();
    if (worker === undefined) throw new Error("there should be a worker");
    const silent = Array.from({ length: 200 }, () => connectTo(proxy.port).catch(() => undefined));
    keep({ stop: async () => void (await Promise.all(silent)).map((client) => client?.close()) });
    await proxy.stderr.until(/no new connections are taken/);
    const before = ticksOf(worker);
    await Bun.sleep(1_000);
    expect(ticksOf(worker) - before).toBeLessThan(6);
  });
});
