import { afterAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../fixtures/certificate.ts";
import { closing, frame } from "../fixtures/frames.ts";
import { openWebSocket, startWebSocketOrigin } from "../fixtures/web-socket-ends.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type ProxyOptions, runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const folder = await mkdtemp(join(tmpdir(), "cacheproxy-websocket-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const megabyte = 1024 * 1024;

async function begin(options: ProxyOptions = {}) {
  const origin = keep(await startWebSocketOrigin());
  const flags = ["--grace", "20s", "--log", "json", ...(options.flags ?? [])];
  const proxy = keep(await startProxy(origin.url, { ...options, flags }));
  async function join() {
    const opening = openWebSocket(proxy.port, "/chat");
    const server = (await origin.call()).accept();
    return { server, client: (await opening).peer };
  }
  return { origin, proxy, join };
}

describe("WebSockets, when the proxy leaves", () => {
  test("are told to go, on both sides, and it waits for nobody who does", async () => {
    const { proxy, join } = await begin();
    const pairs = await Promise.all(Array.from({ length: 6 }, join));
    proxy.signal("SIGTERM");
    for (const { client, server } of pairs) {
      expect([await client.nextWord(), await server.nextWord()]).toEqual([
        ...["close 1001 going away", "close 1001 going away"],
      ]);
      client.close(1001);
    }
    // Long before the grace.
    expect(await proxy.exited).toBe(0);
    await proxy.stdout.done;
    const lines = proxy.stdout.text.split("\n").filter((line) => line.includes('"JOINED"'));
    expect(lines.map((line) => JSON.parse(line).status)).toEqual(pairs.map(() => 101));
  });

  test("come over to the workers that take the place of others", async () => {
    const file = join(folder, "cacheproxy.toml");
    await Bun.write(file, 'memory = "64MB"\n');
    const { proxy, join: joinOne } = await begin({ flags: ["--config", file] });
    const pairs = await Promise.all(Array.from({ length: 4 }, joinOne));
    await Bun.write(file, 'memory = "65MB"\n');
    const reloading = runBinary(["reload", "--cache-dir", proxy.cacheDir]);
    for (const { client } of pairs) {
      expect(await client.nextWord()).toBe("close 1001 going away");
      // Who comes back finds those that stay.
      const { client: again, server } = await joinOne();
      server.send(1, "here again");
      expect(await again.nextWord()).toBe("text here again");
    }
    expect((await reloading).code).toBe(0);
  });
});

test("a client's connection ends as the origin's has when that is killed", async () => {
  const { join } = await begin();
  const { client, server } = await join();
  server.send(1, "last");
  expect(await client.nextWord()).toBe("text last");
  server.socket.resetAndDestroy();
  expect(await client.nextWord()).toBe("ended");
});

test("a client that reads late has all that the origin said before it closed", async () => {
  const { join } = await begin();
  const { client, server } = await join();
  client.socket.pause();
  // The Close comes with the end of the message, before the origin is made to wait.
  server.sendBytes(
    Buffer.concat([frame(2, Buffer.alloc(15 * megabyte, 7)), frame(8, closing(4000, "done"))]),
  );
  // Bun cuts off within four seconds who was told to go.
  await Bun.sleep(6_000);
  client.socket.resume();
  expect((await client.next())?.payload.length).toBe(15 * megabyte);
  expect(await client.nextWord()).toBe("close 4000 done");
});

test("WebSockets are counted: those that were opened, those that are there, and their bytes", async () => {
  const { proxy, join } = await begin();
  const { client, server } = await join();
  await join();
  client.send(1, "12345");
  server.send(1, "123");
  expect([await server.nextWord(), await client.nextWord()]).toEqual(["text 12345", "text 123"]);
  client.close(1000);
  await proxy.stdout.until(/"JOINED"/);
  const { stdout } = await runBinary(["stats", "--json", "--cache-dir", proxy.cacheDir]);
  expect(JSON.parse(stdout).counters).toMatchObject({
    ...{ "websocket.opened": 2, websocketsNow: 1 },
    ...{ "websocket.bytesFromClients": 5, "websocket.bytesToClients": 3 },
  });
});

test("Bun's own client and server find each other through it, with subprotocols and large messages", async () => {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 500 })),
    websocket: { message: (socket, message) => void socket.send(message), maxPayloadLength: 16 * megabyte },
  });
  keep({ stop: () => server.stop(true) });
  const proxy = keep(await startProxy(`http://127.0.0.1:${server.port}`));
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, ["second", "first"]);
  await once(client, "open");
  expect(client.protocol).toBe("second");
  for (const message of ["hello", "ü".repeat(7 * megabyte), ""]) {
    client.send(message);
    const [{ data }] = (await once(client, "message")) as [MessageEvent];
    expect(data === message).toBe(true);
  }
  client.close(4001, "done");
  const [{ code, reason }] = (await once(client, "close")) as [CloseEvent];
  expect([code, reason]).toEqual([4001, "done"]);
});

test.each(["localhost", "127.0.0.1"])(
  "WebSockets are joined over TLS, to an origin %s that is vouched for",
  async (name) => {
    const certificate = await makeCertificate(folder, name, [
      name === "localhost" ? "DNS:localhost" : `IP:${name}`,
    ]);
    const tls = { cert: readFileSync(certificate.cert, "utf8"), key: readFileSync(certificate.key, "utf8") };
    const server = Bun.serve({
      ...{ port: 0, hostname: "127.0.0.1", tls },
      fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 500 })),
      websocket: { message: (socket, message) => void socket.send(message) },
    });
    keep({ stop: () => server.stop(true) });
    const flags = [
      "--tls-cert",
      certificate.cert,
      "--tls-key",
      certificate.key,
      "--origin-ca",
      certificate.cert,
    ];
    const proxy = keep(await startProxy(`https://${name}:${server.port}`, { flags }));
    const client = new WebSocket(`wss://${name}:${proxy.port}/`, { tls: { ca: tls.cert } });
    await once(client, "open");
    client.send("over TLS");
    const [{ data }] = (await once(client, "message")) as [MessageEvent];
    expect(data).toBe("over TLS");
    client.terminate();
  },
);

describe.skipIf(process.platform !== "linux")("who does not read does not fill the memory", () => {
  const part = frame(2, Buffer.alloc(megabyte / 4, 7));
  const ofClient = frame(2, Buffer.alloc(megabyte / 4, 7), { isMasked: true });
  const parts = 800;

  test.each([
    ["a client", "server", "client", part],
    ["an origin", "client", "server", ofClient],
  ] as const)("%s", async (_, from, to, bytes) => {
    const { proxy, join } = await begin({ workers: 1 });
    const pair = await join();
    const [speaker, deaf] = [pair[from], pair[to]];
    deaf.socket.pause();
    const [worker = 0] = await proxy.workerPids();
    const before = residentBytes(worker);
    for (let each = 0; each < parts; each++) speaker.sendBytes(bytes);
    await untilStuck(() => speaker.socket.writableLength);
    // Most of it has to wait where it comes from.
    expect(speaker.socket.writableLength).toBeGreaterThan(100 * megabyte);
    expect(residentBytes(worker) - before).toBeLessThan(48 * megabyte);
    deaf.socket.resume();
    for (let each = 0; each < parts; each++) expect((await deaf.next())?.payload.length).toBe(megabyte / 4);
    expect(residentBytes(worker) - before).toBeLessThan(96 * megabyte);
  });
});

/** What the process has of the machine's memory: see proc(5). */
function residentBytes(pid: number): number {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

/** Until the number has not changed for half a second: to look too early makes the test easier, and not fail. */
async function untilStuck(read: () => number): Promise<void> {
  for (let last = -1; last !== read(); ) {
    last = read();
    await Bun.sleep(500);
  }
}
