import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";
import { connectTo, get, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type ProxyOptions, type RunningProxy, startProxy, untilGone } from "./harness.ts";

const keep = stoppedAfterEach();

async function originThat(script: Script): Promise<Origin> {
  return keep(await startOrigin(script));
}

async function proxyBefore(origin: Origin, options: ProxyOptions = {}): Promise<RunningProxy> {
  return keep(
    await startProxy(origin.url, { ...options, flags: ["--log", "off", ...(options.flags ?? [])] }),
  );
}

const hello: Script = (exchange) => void exchange.respond(200, { "Cache-Control": "max-age=3600" }, "hello");

/** Linux's scheduling policy of each thread of a process, by the thread's name. */
function policiesOfThreads(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  return new Map(
    threads.map((thread) => [readFileSync(`${thread}/comm`, "utf8").trim(), policyOf(`${thread}/stat`)]),
  );
}

/** The 41st field; the second is a name in brackets. See proc(5). */
function policyOf(path: string): number {
  const [, fromThird = ""] = readFileSync(path, "utf8").split(") ");
  return Number(fromThird.split(" ")[38]);
}

describe("the cache lies on disk", () => {
  test.each(["stop", "kill"] as const)("after %s and a new start it is warm", async (how) => {
    const cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-warm-"));
    keep({ stop: () => rm(cacheDir, { recursive: true }) });
    const origin = await originThat(hello);
    const first = await proxyBefore(origin, { cacheDir });
    expect((await get(first.port, "/a")).field("X-Cache")).toBe("MISS");
    await first[how]();
    const second = await proxyBefore(origin, { cacheDir });
    const response = await get(second.port, "/a");
    expect([response.text, response.field("X-Cache")]).toEqual(["hello", "HIT"]);
    expect(origin.requests).toHaveLength(1);
  });

  test("workers share it", async () => {
    const origin = await originThat(hello);
    const proxy = await proxyBefore(origin);
    const outcomes: (string | null)[] = [];
    for (let count = 0; count < 12; count += 1) outcomes.push((await get(proxy.port, "/a")).field("X-Cache"));
    expect(outcomes).toEqual(["MISS", ...Array.from({ length: 11 }, () => "HIT")]);
    expect(origin.requests).toHaveLength(1);
  });

  test("a second cacheproxy on the same folder is refused in one line", async () => {
    const origin = await originThat(hello);
    const { cacheDir } = await proxyBefore(origin);
    await expect(startProxy(origin.url, { cacheDir })).rejects.toThrow(
      /ended with 2 instead of serving: cacheproxy: .*in use/,
    );
  });
});

describe.skipIf(process.platform !== "linux")("workers", () => {
  test("one that is killed is replaced, and the others serve meanwhile", async () => {
    const origin = await originThat(hello);
    const proxy = await proxyBefore(origin);
    await get(proxy.port, "/a");
    const [victim, survivor] = await proxy.workerPids();
    if (victim === undefined || survivor === undefined) throw new Error("there should be two workers");
    process.kill(victim, "SIGKILL");
    await untilGone(victim);
    expect((await get(proxy.port, "/a")).text).toBe("hello");
    while ((await proxy.workerPids()).length < 2) await Bun.sleep(20);
    expect(await proxy.workerPids()).toContain(survivor);
    expect((await get(proxy.port, "/a")).text).toBe("hello");
  });

  test("one that hangs is replaced within seconds, and clients of the others notice nothing", async () => {
    const origin = await originThat(hello);
    const proxy = await proxyBefore(origin, { flags: ["--workers", "2"] });
    await get(proxy.port, "/a");
    const [victim] = await proxy.workerPids();
    if (victim === undefined) throw new Error("there should be two workers");
    // The system has given each of these to one of the workers, before it hangs.
    const clients = await Promise.all(Array.from({ length: 24 }, () => connectTo(proxy.port)));
    process.kill(victim, "SIGSTOP");
    const answers = await Promise.allSettled(
      clients.map(async (client) => {
        await client.send(requestText("GET", "/a"));
        return (await client.response()).text;
      }),
    );
    for (const client of clients) client.close();
    // Those of the hanging one were cut off when it was ended; the others had their answer all the same.
    expect(answers.some((answer) => answer.status === "fulfilled" && answer.value === "hello")).toBe(true);
    await untilGone(victim);
    expect(await proxy.stderr.until(/no answer for/)).toContain("it is stopped");
    while ((await proxy.workerPids()).length < 2) await Bun.sleep(20);
    expect((await get(proxy.port, "/a")).text).toBe("hello");
  });

  test("the thread that asks the origin waits for its turn, the one that serves does not", async () => {
    const proxy = await proxyBefore(await originThat(hello));
    const [worker] = await proxy.workerPids();
    if (worker === undefined) throw new Error("there should be a worker");
    const batch = 3;
    expect(policiesOfThreads(worker).get("HTTP Client")).toBe(batch);
    expect(policyOf(`/proc/${worker}/stat`)).toBe(0);
  });

  test("none outlives a supervisor that was killed", async () => {
    const origin = await originThat(hello);
    const proxy = await proxyBefore(origin);
    const workers = await proxy.workerPids();
    expect(workers).toHaveLength(2);
    await proxy.kill();
    await expect(get(proxy.port, "/a")).rejects.toThrow();
  });
});

const firstChunk = "5\r\nfirst\r\n";
const firstHalf = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${firstChunk}`;
const secondHalf = "5\r\n-last\r\n0\r\n\r\n";

describe("a signal to stop", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s lets the response in flight finish, then ends with 0",
    async (signal) => {
      const barrier = Promise.withResolvers<void>();
      const origin = await originThat(async (exchange) => {
        await exchange.send(firstHalf);
        await barrier.promise;
        await exchange.send(secondHalf);
      });
      const proxy = await proxyBefore(origin);
      const client = await connectTo(proxy.port);
      await client.send(requestText("GET", "/slow"));
      await client.head();
      expect(Buffer.from(await client.bytes(firstChunk.length)).toString()).toBe(firstChunk);
      proxy.signal(signal);
      await untilRefused(proxy.port);
      barrier.resolve();
      expect(Buffer.from((await client.rest()).bytes).toString()).toBe(secondHalf);
      client.close();
      expect(await proxy.exited).toBe(0);
    },
  );

  test("a second one ends at once", async () => {
    const never = Promise.withResolvers<void>();
    const origin = await originThat(async (exchange) => {
      await exchange.send(firstHalf);
      await never.promise;
    });
    const proxy = await proxyBefore(origin);
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/slow"));
    await client.head();
    proxy.signal("SIGTERM");
    await untilRefused(proxy.port);
    proxy.signal("SIGTERM");
    expect(await proxy.exited).not.toBe(0);
    never.resolve();
    client.close();
  });

  test("what is in flight after the grace is cut off", async () => {
    const never = Promise.withResolvers<void>();
    const origin = await originThat(async (exchange) => {
      await exchange.send(firstHalf);
      await never.promise;
    });
    const proxy = await proxyBefore(origin, { flags: ["--grace", "100ms"] });
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/slow"));
    await client.head();
    proxy.signal("SIGTERM");
    expect(await proxy.exited).toBe(0);
    never.resolve();
    client.close();
  });
});

/** New connections are refused once every worker has stopped accepting. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    try {
      (await connectTo(port)).close();
    } catch {
      return;
    }
    await Bun.sleep(10);
  }
}
