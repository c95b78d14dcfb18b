import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { connectTo, type RawClient, requestText } from "../fixtures/raw-client.ts";
import { cacheWord, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

/** Bodies that may have no end: nobody knows their length, and nobody said how long they are fresh. */

let proxy: TestProxy;
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy.stop();
});

const part = "5\r\nhello\r\n";

/** An origin that begins a body and sends no more of it. */
function begins(fields: string): Script {
  return ({ send }) => void send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${fields}\r\n\r\n${part}`);
}

async function join(): Promise<{ client: RawClient; head: string }> {
  const client = await connectTo(proxy.port);
  clients.push(client);
  await client.send(requestText("GET", "/stream"));
  const head = await client.head();
  await client.bytes(part.length);
  return { client, head: head.text };
}

const old = "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT";
const streams = [
  ["events", "Content-Type: text/event-stream"],
  ["events that claim to be fresh", "Content-Type: text/event-stream\r\nCache-Control: max-age=60"],
  ["events with a validator", `Content-Type: text/event-stream\r\nETag: "v1"`],
  ["chunks", "Content-Type: multipart/x-mixed-replace"],
  ["chunks with a date", `Content-Type: text/plain\r\n${old}`],
  ["chunks with a validator", 'Content-Type: text/plain\r\nETag: "v1"'],
  ["chunks that are to be validated", 'Content-Type: text/plain\r\nETag: "v1"\r\nCache-Control: no-cache'],
] as const;

describe.each(streams)("%s (%j)", (_, fields) => {
  test("are nobody else's: who comes later has a request of its own", async () => {
    proxy = await startProxy(begins(fields), { storing: { defaultLifetime: 3600 } });
    const { head: first } = await join();
    const { head: second } = await join();
    for (const head of [first, second]) expect(head).toContain("X-Cache: MISS");
    expect(proxy.origin.requests.length).toBe(2);
  });

  test("end at the origin with their client, each with its own", async () => {
    proxy = await startProxy(begins(fields), { storing: { defaultLifetime: 3600 } });
    const [one, other] = [await join(), await join()];
    const [atOrigin, otherAtOrigin] = proxy.origin.exchanges;
    one.client.reset();
    await atOrigin?.gone;
    await otherAtOrigin?.send(part);
    expect(Buffer.from(await other.client.bytes(part.length)).toString()).toBe(part);
    other.client.reset();
    await otherAtOrigin?.gone;
  });
});

/** An origin whose body ends. */
function ends(fields: string): Script {
  return ({ send }) =>
    void send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${fields}\r\n\r\n${part}0\r\n\r\n`);
}

describe("when such a body has come to its end", () => {
  test.each([
    ["unstated-lifetime-of-stream", "Content-Type: text/plain"],
    ["event-stream", "Content-Type: text/event-stream\r\nCache-Control: max-age=60"],
  ] as const)("it is not stored: %s", async (reason, fields) => {
    proxy = await startProxy(ends(fields), { storing: { defaultLifetime: 3600 } });
    expect(reasonOf(await proxy.get("/page"))).toBe(reason);
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  });

  test("one with a validator is stored for that, and never used without asking", async () => {
    proxy = await startProxy(ends(`ETag: "v1"\r\n${old}`), { storing: { defaultLifetime: 3600 } });
    expect(reasonOf(await proxy.get("/page"))).toBe("stored-for-validation");
    proxy.origin.answer(({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'));
    for (let round = 0; round < 2; round++) {
      const again = await proxy.get("/page");
      expect([cacheWord(again), again.text]).toEqual(["REVALIDATED", "hello"]);
    }
  });

  test("one that states a lifetime is a page like any other", async () => {
    proxy = await startProxy(ends("Cache-Control: max-age=60\r\nContent-Type: text/plain"));
    expect(reasonOf(await proxy.get("/page"))).toBe("stored-explicit");
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
  });
});
