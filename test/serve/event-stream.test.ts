import { afterEach, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { Script } from "../fixtures/origin.ts";
import { connectTo, type RawClient, requestText } from "../fixtures/raw-client.ts";
import { cacheWord, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

/** Streams of events are nobody else's, of no length, and due at once; see also endless.test. */

let proxy: TestProxy;
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy.stop();
});

async function client(): Promise<RawClient> {
  const opened = await connectTo(proxy.port);
  clients.push(opened);
  return opened;
}

/** As an EventSource asks. */
const eventSource = { Accept: "text/event-stream" };
const event = "data: 1\n\n";
const chunk = `9\r\n${event}\r\n`;
const chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked";

const begins: Script = ({ send }) => void send(`${chunked}\r\n\r\n${chunk}`);
const saysNothing: Script = () => undefined;

test("each event is passed on when it comes, also under a length", async () => {
  proxy = await startProxy(async ({ send }) => {
    await send(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n${event}`);
  });
  const reader = await client();
  await reader.send(requestText("GET", "/events"));
  await reader.head();
  for (let count = 0; count < 3; count++) {
    expect(Buffer.from(await reader.bytes(chunk.length)).toString()).toBe(chunk);
    await proxy.origin.exchanges[0]?.send(event);
  }
});

test("it is never stored, whatever length and lifetime it states", async () => {
  proxy = await startProxy(({ respond }) => {
    const fields = {
      "Content-Type": "text/event-stream",
      "Cache-Control": "public, max-age=60",
      ETag: '"v1"',
    };
    return void respond(200, fields, event);
  });
  for (let count = 0; count < 2; count++) {
    const answer = await proxy.get("/events");
    expect([answer.text, cacheWord(answer), reasonOf(answer)]).toEqual([event, "MISS", "event-stream"]);
  }
});

test("it is never compressed, and what the origin has compressed stays so", async () => {
  proxy = await startProxy(begins);
  const reader = await client();
  await reader.send(requestText("GET", "/events", { "Accept-Encoding": "gzip, br, zstd" }));
  expect((await reader.head()).text.toLowerCase()).not.toContain("content-encoding");
  expect(Buffer.from(await reader.bytes(chunk.length)).toString()).toBe(chunk);
  const compressed = gzipSync(event);
  proxy.origin.answer(({ respond }) => {
    return void respond(200, { "Content-Type": "text/event-stream", "Content-Encoding": "gzip" }, compressed);
  });
  const answer = await proxy.get("/compressed", { "Accept-Encoding": "gzip" });
  expect([answer.field("content-encoding"), Buffer.compare(answer.body, compressed)]).toEqual(["gzip", 0]);
});

test("HEAD has its fields and no length", async () => {
  proxy = await startProxy(({ send }) => void send(`${chunked}\r\n\r\n`));
  const reader = await client();
  await reader.send(requestText("HEAD", "/events", eventSource));
  const answer = await reader.response("HEAD");
  expect([answer.status, answer.field("content-type"), answer.field("content-length")]).toEqual([
    200,
    "text/event-stream",
    null,
  ]);
});

test("Last-Event-ID of one that comes back is the origin's to hear", async () => {
  proxy = await startProxy(begins);
  const reader = await client();
  await reader.send(requestText("GET", "/events", { ...eventSource, "Last-Event-ID": "41" }));
  expect((await proxy.origin.untilExchange(1)).request.field("last-event-id")).toBe("41");
});

describe("before an origin that sends even the head with the first event", () => {
  test("who asks for events waits for nobody else", async () => {
    proxy = await startProxy(saysNothing);
    for (let count = 1; count <= 3; count++) {
      await (await client()).send(requestText("GET", "/events", eventSource));
      await proxy.origin.untilExchange(count);
    }
  });

  test("the request ends with its client, each with its own", async () => {
    proxy = await startProxy(saysNothing);
    const [first, second] = [await client(), await client()];
    await first.send(requestText("GET", "/events", eventSource));
    const leaving = await proxy.origin.untilExchange(1);
    await second.send(requestText("GET", "/events", eventSource));
    const staying = await proxy.origin.untilExchange(2);
    first.reset();
    await leaving.gone;
    await staying.send(`${chunked}\r\n\r\n${chunk}`);
    await second.head();
    expect(Buffer.from(await second.bytes(chunk.length)).toString()).toBe(chunk);
  });

  test("who asks for any other thing still waits for the one who came first", async () => {
    proxy = await startProxy(saysNothing);
    for (const path of ["/page", "/page", "/other"])
      await (await client()).send(requestText("GET", path, { Accept: "text/html" }));
    await proxy.origin.untilExchange(2);
    expect(proxy.origin.requests.map(({ target }) => target).toSorted()).toEqual(["/other", "/page"]);
  });
});

test("its silence is not the client's idleness: a connection over which nothing else passes ends before", async () => {
  proxy = await startProxy(
    ({ request, send }) => {
      if (request.target === "/begun") return void send(`${chunked}\r\n\r\n${chunk}`);
    },
    { idleSeconds: 1 },
  );
  const begun = await client();
  await begun.send(requestText("GET", "/begun", eventSource));
  await begun.head();
  await begun.bytes(chunk.length);
  const waiting = await client();
  await waiting.send(requestText("GET", "/waiting", eventSource));
  await proxy.origin.untilExchange(2);
  for (let round = 0; round < 2; round++) {
    const idle = await client();
    await idle.send(requestText("GET", "/page", { "Cache-Control": "only-if-cached" }));
    await idle.response();
    await idle.rest();
  }
  await proxy.origin.exchanges[0]?.send(chunk);
  await proxy.origin.exchanges[1]?.send(`${chunked}\r\n\r\n${chunk}`);
  await waiting.head();
  for (const each of [begun, waiting])
    expect(Buffer.from(await each.bytes(chunk.length)).toString()).toBe(chunk);
}, 30_000);
