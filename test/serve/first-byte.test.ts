import { afterEach, describe, expect, test } from "bun:test";
import type { Exchange, Script } from "../fixtures/origin.ts";
import { ask, connectTo, requestText } from "../fixtures/raw-client.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import {
  always,
  beginning,
  cacheWord,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

/** Nothing is sent to a client before the origin has sent the first byte of the body: it would be half a head. */

let proxy: TestProxy;
let directory: TestDirectory | undefined;
afterEach(async () => {
  await proxy.stop();
  await directory?.dispose();
  directory = undefined;
});

async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  directory = createDirectory();
  proxy = await startProxy(script, { disk: directory.open({ now: () => beginning }), ...overrides });
}

/** The origin sends a head and nothing of the body that it announces. */
function headAlone(lines: string, then: (exchange: Exchange) => void): Script {
  return async (exchange) => {
    await exchange.send(`HTTP/1.1 ${lines}\r\n\r\n`);
    then(exchange);
  };
}

const fresh = "Cache-Control: max-age=60\r\nContent-Type: text/plain\r\n";
const chunked = "Transfer-Encoding: chunked";
const large = "Content-Length: 1000000";

const answers: readonly (readonly [what: string, method: string, head: string, range?: string])[] = [
  ["chunks for the store", "GET", `200 OK\r\n${fresh}${chunked}`],
  ["chunks that are not stored", "GET", `200 OK\r\nCache-Control: no-store\r\n${chunked}`],
  ["chunks without a lifetime", "GET", `200 OK\r\n${chunked}`],
  ["a large body for the store", "GET", `200 OK\r\n${fresh}${large}`],
  ["a large body that is not stored", "GET", `200 OK\r\nCache-Control: no-store\r\n${large}`],
  ["a small body for the store", "GET", `200 OK\r\n${fresh}Content-Length: 10`],
  ["a small body that is not stored", "GET", "200 OK\r\nCache-Control: no-store\r\nContent-Length: 10"],
  ["the answer to a POST", "POST", `200 OK\r\n${chunked}`],
  ["a large answer to a POST", "POST", `200 OK\r\n${large}`],
  [
    "a range for the store",
    "GET",
    `206 Partial Content\r\n${fresh}ETag: "v1"\r\nContent-Range: bytes 0-999999/2000000\r\n${large}`,
    "bytes=0-999999",
  ],
  [
    "a range that is not stored",
    "GET",
    `206 Partial Content\r\nCache-Control: no-store\r\nContent-Range: bytes 0-999999/2000000\r\n${large}`,
    "bytes=0-999999",
  ],
  ["an error of the origin", "GET", `500 Broken\r\n${chunked}`],
];

describe.each(answers)("%s (%s)", (_, method, head, range) => {
  const fields = {
    ...(method === "POST" ? { "Content-Length": "0" } : {}),
    ...(range ? { Range: range } : {}),
  };

  test("that breaks off before its first byte is a 502, and nothing is stored", async () => {
    await before(headAlone(head, (exchange) => exchange.reset()));
    const answer = await ask(proxy.port, requestText(method, "/page", fields));
    expect([answer.status, reasonOf(answer), answer.complete]).toEqual([502, "origin-broken", true]);
    expect(answer.text).toBe("502 the origin's answer broke off before its end\n");
    proxy.origin.answer(always(200, { "Cache-Control": "max-age=60" }, "whole"));
    const again = await proxy.get("/page");
    expect([cacheWord(again), again.text]).toEqual(["MISS", "whole"]);
  });

  test("of which the first byte does not come in time is a 504", async () => {
    await before(
      headAlone(head, () => undefined),
      { timeouts: { idleTimeout: 50 } },
    );
    const answer = await ask(proxy.port, requestText(method, "/page", fields));
    expect([answer.status, reasonOf(answer)]).toEqual([504, "origin-timeout"]);
  });

  test("whose client leaves before is over for the origin, but for what is stored nevertheless", async () => {
    await before(headAlone(head, () => undefined));
    const client = await connectTo(proxy.port);
    await client.send(requestText(method, "/page", fields));
    const exchange = await proxy.origin.untilExchange(1);
    const isStored = head.includes("max-age") && range === undefined;
    client.reset();
    if (!isStored) await exchange.gone;
  });
});

describe("a stale page stands in for an answer that breaks off before its first byte", () => {
  const page = {
    "Cache-Control": "max-age=60, stale-if-error=600",
    ETag: '"v1"',
    "Content-Type": "text/plain",
  };

  test.each([
    ["to be stored", `200 OK\r\n${fresh}${chunked}`],
    ["large, to be stored", `200 OK\r\n${fresh}${large}`],
    [
      "not to be stored, so that it would be the end of the page",
      `200 OK\r\nCache-Control: no-store\r\n${chunked}`,
    ],
    ["too large to be stored", `200 OK\r\n${fresh}Content-Length: 100000000000`],
    ["gone, so that it would be the end of the page", `410 Gone\r\nCache-Control: no-store\r\n${large}`],
  ])("%s", async (_, head) => {
    await before(always(200, page, "hello"));
    await proxy.get("/page");
    proxy.advance(120);
    proxy.origin.answer(headAlone(head, (exchange) => exchange.reset()));
    for (let round = 0; round < 2; round++) {
      const answer = await proxy.get("/page");
      expect([answer.status, cacheWord(answer), answer.text]).toEqual([200, "STALE", "hello"]);
    }
  });

  test("but an answer that has begun and may not be stored is its end", async () => {
    await before(always(200, page, "hello"));
    await proxy.get("/page");
    proxy.advance(120);
    proxy.origin.answer(always(200, { "Cache-Control": "no-store" }, "mine"));
    expect((await proxy.get("/page")).text).toBe("mine");
    proxy.origin.answer((exchange) => exchange.reset());
    expect((await proxy.get("/page")).status).toBe(502);
  });
});

test("those who wait for it get an answer too, not half a head", async () => {
  const broken = Promise.withResolvers<void>();
  await before(async ({ send, reset }) => {
    await send(`HTTP/1.1 200 OK\r\n${fresh}${chunked}\r\n\r\n`);
    await broken.promise;
    reset();
  });
  const clients = [];
  for (let count = 0; count < 5; count++) {
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/page"));
    clients.push(client);
    await proxy.origin.untilExchange(1);
  }
  broken.resolve();
  for (const client of clients) {
    expect((await client.response()).status).toBe(502);
    client.close();
  }
});

describe("an empty body has a length, whatever it came in", () => {
  test.each([
    ["stored", fresh, "HIT"],
    ["not stored", "Cache-Control: no-store\r\n", "MISS"],
  ])("%s", async (_, fields, second) => {
    await before(({ send }) => void send(`HTTP/1.1 200 OK\r\n${fields}${chunked}\r\n\r\n0\r\n\r\n`));
    for (const word of ["MISS", second]) {
      const answer = await proxy.get("/page");
      expect([answer.status, answer.field("content-length"), cacheWord(answer)]).toEqual([200, "0", word]);
      expect(answer.field("transfer-encoding")).toBeNull();
    }
  });
});
