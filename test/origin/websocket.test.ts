import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ForwardOptions } from "../../src/origin/forward.ts";
import { createOrigins } from "../../src/origin/origins.ts";
import { makeCertificate } from "../fixtures/certificate.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { freePort } from "../fixtures/port.ts";
import { handshakeFields, startWebSocketOrigin, type WebSocketOrigin } from "../fixtures/web-socket-ends.ts";

const folder = await mkdtemp(join(tmpdir(), "cacheproxy-dial-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

let origin: WebSocketOrigin;
let told: string[];
beforeEach(async () => {
  origin = await startWebSocketOrigin();
  told = [];
});
afterEach(() => origin.stop());

/** Asks for a WebSocket by these ways, of which each is another origin. */
function dial(...ways: (Partial<ForwardOptions> & Pick<ForwardOptions, "origin">)[]) {
  const forward = createOrigins({
    origins: ways.map((way) => ({
      ...systemClocks,
      ...{ firstByteTimeout: 10_000, idleTimeout: 10_000, clientTimeout: 10_000 },
      newMask: () => crypto.getRandomValues(new Uint8Array(4)),
      onFailure: (reason) => void told.push(reason),
      ...way,
    })),
    ...{ balance: "round-robin", health: null, firstTurn: 0, every: () => () => undefined },
    now: systemClocks.now,
    monotonic: systemClocks.monotonic,
  });
  const fields = new Headers(handshakeFields({ Connection: "Upgrade" }));
  return forward({ method: "GET", target: "/chat?a=1", fields, body: null }, new AbortController());
}

async function statusOf(answering: ReturnType<typeof dial>): Promise<number> {
  const answer = await answering;
  if (!answer.ok) return answer.failure.status;
  answer.response.webSocket?.cut();
  return answer.response.status;
}

test("an origin is asked for a WebSocket below its path, by its own name, with the operator's credentials", async () => {
  const asking = dial({ origin: `${origin.url}/app`, host: "origin.test", authorization: "Basic YTpi" });
  const call = await origin.call();
  call.accept();
  expect(call.head.split("\r\n")[0]).toBe("GET /app/chat?a=1 HTTP/1.1");
  expect(["host", "authorization", "upgrade", "connection"].map(call.field)).toEqual([
    ...["origin.test", "Basic YTpi", "websocket", "Upgrade"],
  ]);
  expect(call.head.match(/^host:/gim)).toHaveLength(1);
  expect(await statusOf(asking)).toBe(101);
});

test("credentials of the client's own go before the operator's", async () => {
  const fields = handshakeFields({ Connection: "Upgrade", Authorization: "Bearer own" });
  const forward = createOrigins({
    origins: [
      {
        ...systemClocks,
        ...{ firstByteTimeout: 10_000, idleTimeout: 10_000, clientTimeout: 10_000 },
        ...{ origin: origin.url, authorization: "Basic YTpi", newMask: () => new Uint8Array(4) },
      },
    ],
    ...{ balance: "round-robin", health: null, firstTurn: 0, every: () => () => undefined },
    now: systemClocks.now,
    monotonic: systemClocks.monotonic,
  });
  const asking = forward(
    { method: "GET", target: "/", fields: new Headers(fields), body: null },
    new AbortController(),
  );
  const call = await origin.call();
  call.accept();
  expect(call.field("authorization")).toBe("Bearer own");
  expect(await statusOf(asking)).toBe(101);
});

test("where one origin refuses connections another one is asked", async () => {
  const asking = dial({ origin: `http://127.0.0.1:${await freePort()}` }, { origin: origin.url });
  (await origin.call()).accept();
  expect(await statusOf(asking)).toBe(101);
  expect(told).toEqual(["origin-refused"]);
});

test("a WebSocket is asked for over a socket of the file system", async () => {
  const path = join(folder, "origin.sock");
  const server = createServer(
    (socket) => void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(path, resolve);
  await promise;
  expect(await statusOf(dial({ origin: "http://localhost", unixSocket: path }))).toBe(403);
  server.close();
});

test("an origin that nobody vouches for is not asked", async () => {
  const { cert, key } = await makeCertificate(folder);
  const server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1", tls: { cert: Bun.file(cert), key: Bun.file(key) } },
    fetch: () => new Response("asked"),
  });
  const url = `https://127.0.0.1:${server.port}`;
  expect(await statusOf(dial({ origin: url }))).toBe(502);
  expect(told).toEqual(["origin-untrusted"]);
  const authorities = await Bun.file(cert).text();
  expect(await statusOf(dial({ origin: url, authorities }))).toBe(200);
  await server.stop(true);
});

test("an origin that says nothing is waited for as long as for any other answer", async () => {
  expect(await statusOf(dial({ origin: origin.url, firstByteTimeout: 50 }))).toBe(504);
  expect(told).toEqual(["origin-timeout"]);
});

test("an origin whose refusal breaks off is told of by the body", async () => {
  const asking = dial({ origin: origin.url });
  const { socket } = await origin.call();
  socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\npart");
  const answer = await asking;
  const body = answer.ok ? answer.response.body : null;
  const reading = body?.read();
  socket.resetAndDestroy();
  await expect(reading).rejects.toThrow();
});
