import { afterEach, describe, expect, test } from "bun:test";
import { passedDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Script } from "../fixtures/origin.ts";
import { connectTo, requestText } from "../fixtures/raw-client.ts";
import { type Representation, serving } from "../fixtures/representation.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { bytesOf } from "../store/samples.ts";
import { beginning, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

/** An answer that only ends early tells its client nothing: the operator hears why. */

let proxy: TestProxy;
let directory: TestDirectory;
afterEach(async () => {
  await proxy.stop();
  await directory.dispose();
});

async function before(script: Script, overrides: ProxyOverrides = {}): Promise<void> {
  directory = createDirectory();
  proxy = await startProxy(script, {
    store: directory.open({ now: () => beginning }),
    collecting: passedDeadlines,
    ...overrides,
  });
}

/** Of so many bytes, ten come; then the connection is cut. */
function cutting(fields: string, status = 200): Script {
  return async ({ send, reset }) => {
    await send(`HTTP/1.1 ${status} Scripted\r\n${fields}\r\n\r\n0123456789`);
    reset();
  };
}

/** Asks, and reads whatever comes. */
async function ask(method: string, target: string, fields: Record<string, string> = {}): Promise<void> {
  const client = await connectTo(proxy.port);
  await client.send(requestText(method, target, fields));
  await client.rest();
  client.close();
}

const storable = "Cache-Control: max-age=60";
const part = `${storable}\r\nETag: "v1"\r\nContent-Range: bytes 0-999999/2000000`;

describe("an answer that breaks off is told with its place and the reason", () => {
  test.each<[what: string, script: Script, told: string]>([
    ["on its way into the cache", cutting(`${storable}\r\nContent-Length: 1000000`), "ECONNRESET"],
    ["small, on its way into the cache", cutting(`${storable}\r\nContent-Length: 1000`), "ECONNRESET"],
    ["not storable", cutting("Cache-Control: no-store\r\nContent-Length: 1000000"), "ECONNRESET"],
    ["small, not storable", cutting("Cache-Control: no-store\r\nContent-Length: 1000"), "ECONNRESET"],
    ["a piece", cutting(`${part}\r\nContent-Length: 1000000`, 206), "ECONNRESET"],
    [
      "a piece that is shorter than its range",
      ({ send }) =>
        void send(`HTTP/1.1 206 P\r\n${part}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`),
      "the origin announced 1000000 bytes and sent 3",
    ],
  ])("%s", async (what, script, told) => {
    await before(script);
    const fields: Record<string, string> = what.includes("piece") ? { Range: "bytes=0-999999" } : {};
    await ask("GET", "/film?token=secret", { Host: "shop.test", Connection: "close", ...fields });
    expect(proxy.broken).toEqual([`shop.test/film?…: ${told}`]);
  });

  test("of a POST", async () => {
    await before(cutting("Content-Length: 1000000"));
    await ask("POST", "/form", { Connection: "close", "Content-Length": "0" });
    expect(proxy.broken).toEqual(["cache.test/form: ECONNRESET"]);
  });

  test("because the representation changed in the middle", async () => {
    const film: Representation = {
      bytes: bytesOf(2_000_000),
      fields: { "Cache-Control": "max-age=60", ETag: '"v1"' },
    };
    const young = { bytes: bytesOf(2_000_000, 7), fields: { ...film.fields, ETag: '"v2"' } };
    for (const range of ["bytes=0-1500000", null]) {
      await before(serving(film));
      await proxy.get("/film", { Range: "bytes=500000-999999" });
      let requests = 0;
      proxy.origin.answer((exchange) => serving(requests++ === 0 ? film : young)(exchange));
      await ask("GET", "/film", { Connection: "close", ...(range === null ? {} : { Range: range }) });
      expect(proxy.broken).toEqual(["cache.test/film: the representation changed while it was being sent"]);
    }
  });

  test("once, however many clients read along", async () => {
    const gone = Promise.withResolvers<void>();
    await before(async ({ send, reset }) => {
      await send(`HTTP/1.1 200 OK\r\n${storable}\r\nContent-Length: 1000000\r\n\r\n0123456789`);
      await gone.promise;
      reset();
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectTo(proxy.port)));
    for (const client of clients) {
      await client.send(requestText("GET", "/film", { Connection: "close" }));
      await client.head();
    }
    gone.resolve();
    for (const client of clients) await client.rest();
    expect(proxy.broken).toEqual(["cache.test/film: ECONNRESET"]);
  });
});

const announced = "Content-Length: 1000000";

describe("an answer whose clients have left is told to nobody", () => {
  test.each<[what: string, fields: string, overrides: ProxyOverrides]>([
    ["not storable", `200 OK\r\nCache-Control: no-store\r\n${announced}`, {}],
    ["a piece", `206 P\r\n${part}\r\n${announced}`, {}],
    ["dropped by --on-abort drop", `200 OK\r\n${storable}\r\n${announced}`, { options: { onAbort: "drop" } }],
    [
      "larger than --max-object",
      `200 OK\r\n${storable}\r\nTransfer-Encoding: chunked`,
      { options: { maxObjectSize: 100_000 } },
    ],
  ])("%s", async (what, fields, overrides) => {
    const gone = Promise.withResolvers<void>();
    await before(async ({ send, gone: left }) => {
      // 0x61a80 bytes, in one chunk where they come in chunks.
      await send(
        `HTTP/1.1 ${fields}\r\n\r\n${fields.includes("chunked") ? "61a80\r\n" : ""}${"x".repeat(400_000)}`,
      );
      await left;
      gone.resolve();
    }, overrides);
    const client = await connectTo(proxy.port);
    const range: Record<string, string> = what === "a piece" ? { Range: "bytes=0-999999" } : {};
    await client.send(requestText("GET", "/film", range));
    await client.head();
    await client.bytes(10);
    client.reset();
    await gone.promise;
    // Until this has been answered the other is long over.
    proxy.origin.answer(({ respond }) => void respond(200, {}, "another"));
    await proxy.get("/film", range);
    expect(proxy.broken).toEqual([]);
  });
});
