import { afterEach, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { ask, connectTo } from "../fixtures/raw-client.ts";
import { startProxy, type TestProxy } from "./proxy.ts";

/** RFC 9112 §6.1: a client of HTTP/1.0 does not know chunks; the end of the connection ends its body. */

let proxy: TestProxy;
afterEach(() => proxy.stop());

const size = 600_000;
const large = "x".repeat(size);
const fresh = "Cache-Control: max-age=60\r\nContent-Type: text/plain\r\n";

const answers: readonly (readonly [what: string, answer: string, text: string])[] = [
  ["chunked", `${fresh}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, "hello"],
  ["large", `${fresh}Content-Length: ${size}\r\n\r\n${large}`, large],
  ["small", `${fresh}Content-Length: 5\r\n\r\nhello`, "hello"],
  ["large and unstorable", `Cache-Control: no-store\r\nContent-Length: ${size}\r\n\r\n${large}`, large],
  ["untyped", `Cache-Control: max-age=60\r\nContent-Length: ${size}\r\n\r\n${large}`, large],
];

test.each(answers)("%s: never Transfer-Encoding", async (_, answer, text) => {
  const script: Script = ({ send }) => void send(`HTTP/1.1 200 OK\r\n${answer}`);
  proxy = await startProxy(script);
  for (const host of ["", "Host: cache.test\r\n", "Connection: keep-alive\r\nHost: cache.test\r\n"]) {
    for (let round = 0; round < 2; round++) {
      const given = await ask(proxy.port, `GET /page?${host.length} HTTP/1.0\r\n${host}\r\n`);
      expect([given.status, given.field("transfer-encoding"), given.text === text]).toEqual([
        200,
        null,
        true,
      ]);
      expect(given.field("connection")).not.toBe("keep-alive");
    }
  }
});

test("a body that breaks off does not look whole: the connection is cut", async () => {
  const half = Promise.withResolvers<void>();
  proxy = await startProxy(async ({ send, reset }) => {
    await send(`HTTP/1.1 200 OK\r\n${fresh}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    await half.promise;
    reset();
  });
  const client = await connectTo(proxy.port);
  await client.send("GET /page HTTP/1.0\r\n\r\n");
  await client.head();
  expect(Buffer.from(await client.bytes(5)).toString()).toBe("hello");
  half.resolve();
  expect((await client.rest()).reset).toBe(true);
});
