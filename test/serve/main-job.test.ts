import { afterEach, describe, expect, test } from "bun:test";
import { formatHttpDate } from "../../src/rules/http-date.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import {
  always,
  beginning,
  cacheWord,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<TestProxy> {
  proxy = await startProxy(script, overrides);
  return proxy;
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

describe("a fresh stored response", () => {
  test("answers the second request without the origin", async () => {
    await before(always(200, fresh, "hello"));
    const first = await proxy.get("/page");
    const second = await proxy.get("/page");
    expect([cacheWord(first), cacheWord(second)]).toEqual(["MISS", "HIT"]);
    expect([first.text, second.text]).toEqual(["hello", "hello"]);
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("is the final one: what came before it (1xx) is neither stored nor mixed into it", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nX-Early: 1\r\n\r\n";
    await before(async ({ send, respond }) => {
      await send(`HTTP/1.1 102 Processing\r\n\r\n${early}`);
      await respond(200, { ...fresh, ETag: '"v1"' }, "hello");
    });
    for (const word of ["MISS", "HIT"]) {
      const answer = await proxy.get("/page");
      expect([answer.status, cacheWord(answer), answer.text]).toEqual([200, word, "hello"]);
      expect([answer.field("link"), answer.field("x-early")]).toEqual([null, null]);
    }
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("answers HEAD with the same fields, its length and no body", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "hello"));
    await proxy.get("/page");
    const head = await ask(proxy.port, requestText("HEAD", "/page"));
    const whole = await proxy.get("/page");
    expect(cacheWord(head)).toBe("HIT");
    expect(head.field("content-length")).toBe("5");
    const names = (answer: typeof head) => answer.fields.map(([name]) => name.toLowerCase()).sort();
    expect(names(head)).toEqual(names(whole));
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("carries an Age in whole seconds that grows", async () => {
    await before(always(200, fresh));
    const miss = await proxy.get("/page");
    expect(miss.field("age")).toBeNull();
    expect((await proxy.get("/page")).field("age")).toBe("0");
    proxy.advance(7.9);
    expect((await proxy.get("/page")).field("age")).toBe("7");
    proxy.advance(0.1);
    expect((await proxy.get("/page")).field("age")).toBe("8");
  });

  test("is asked for again once its lifetime has passed", async () => {
    await before(always(200, fresh));
    await proxy.get("/page");
    proxy.advance(59);
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
    proxy.advance(1);
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
    expect(proxy.origin.requests.length).toBe(2);
  });

  test("is chosen by the fields that Vary names", async () => {
    await before(
      (exchange) =>
        void exchange.respond(200, { ...fresh, Vary: "X-Kind" }, `for ${exchange.request.field("x-kind")}`),
    );
    await proxy.get("/page", { "X-Kind": "a" });
    await proxy.get("/page", { "X-Kind": "b" });
    const again = [await proxy.get("/page", { "X-Kind": "a" }), await proxy.get("/page", { "X-Kind": "b" })];
    expect(again.map((answer) => [cacheWord(answer), answer.text])).toEqual([
      ["HIT", "for a"],
      ["HIT", "for b"],
    ]);
  });
});

describe("what goes through", () => {
  test.each([
    [404, {}, "not here"],
    [301, { Location: "/elsewhere" }, ""],
    [500, { "X-Why": "broken" }, "oops"],
    [204, {}, ""],
  ] as const)(
    "a %i of the origin is the client's %i, with its fields and body",
    async (status, fields, body) => {
      await before(always(status, { ...fields, "Content-Type": "text/x-own" }, body));
      const answer = await proxy.get("/page");
      expect(answer.status).toBe(status);
      for (const [name, value] of Object.entries(fields)) expect(answer.field(name)).toBe(value);
      expect(answer.field("content-type")).toBe("text/x-own");
      expect(answer.text).toBe(body);
    },
  );

  test.each(["stored", "passed", "chunked"])(
    "no Content-Type and no Content-Disposition are invented (%s)",
    async (kind) => {
      const script: Script =
        kind === "chunked"
          ? async ({ send }) =>
              void (await send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"))
          : always(200, kind === "stored" ? { "Cache-Control": "max-age=60" } : {}, "hi");
      await before(script);
      for (const answer of [await proxy.get("/page"), await proxy.get("/page")]) {
        expect(answer.text).toBe("hi");
        expect(answer.field("content-type")).toBeNull();
        expect(answer.field("content-disposition")).toBeNull();
      }
    },
  );

  test("field values keep their bytes, both ways, also from the store", async () => {
    const value = "latin \xe9, utf-8 \xc3\xa9 \xc5\x82";
    await before(always(200, { ...fresh, "X-Bytes": value }));
    for (const word of ["MISS", "HIT"]) {
      const answer = await proxy.get("/page", { "X-Asked": value });
      expect(cacheWord(answer)).toBe(word as "HIT");
      expect(answer.field("x-bytes")).toBe(value);
    }
    expect(proxy.origin.requests[0]?.field("x-asked")).toBe(value);
  });

  test("hop-by-hop fields stop here, both ways", async () => {
    await before(
      always(200, { ...fresh, Connection: "X-Hop, keep-alive", "X-Hop": "1", "Keep-Alive": "timeout=5" }),
    );
    const answer = await proxy.get("/page", { Connection: "X-Mine", "X-Mine": "1", TE: "trailers" });
    expect(answer.field("x-hop")).toBeNull();
    expect(answer.field("keep-alive")).toBeNull();
    expect(proxy.origin.requests[0]?.field("x-mine")).toBeNull();
    expect(proxy.origin.requests[0]?.field("te")).toBeNull();
  });

  test("several Set-Cookie lines stay several", async () => {
    await before(
      ({ send }) =>
        void send(
          "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nhi",
        ),
    );
    const answer = await proxy.get("/page");
    const cookies = answer.fields
      .filter(([name]) => name.toLowerCase() === "set-cookie")
      .map(([, value]) => value);
    expect(cookies).toEqual(["a=1; Path=/", "b=2"]);
  });

  test("a Date is added where the origin sent none, and kept where it sent one", async () => {
    await before(always(200, fresh));
    expect((await proxy.get("/none")).field("date")).toBe(formatHttpDate(beginning));
    proxy.origin.answer(always(200, { ...fresh, Date: "Thu, 01 Jan 2026 11:59:59 GMT" }));
    expect((await proxy.get("/one")).field("date")).toBe("Thu, 01 Jan 2026 11:59:59 GMT");
  });

  test("Via names this proxy after those before it, towards both sides", async () => {
    await before(always(200, { ...fresh, Via: "1.1 upstream" }));
    const answer = await proxy.get("/page", { Via: "1.0 downstream" });
    expect(answer.field("via")).toBe("1.1 upstream, 1.1 cacheproxy");
    expect(proxy.origin.requests[0]?.field("via")).toBe("1.0 downstream, 1.1 cacheproxy");
  });

  test("a query is part of what is asked for, and a fragment is not", async () => {
    await before((exchange) => void exchange.respond(200, fresh, exchange.request.target));
    expect((await proxy.get("/page?a=1")).text).toBe("/page?a=1");
    expect((await proxy.get("/page?a=2")).text).toBe("/page?a=2");
    expect(cacheWord(await proxy.get("/page?a=1#part"))).toBe("HIT");
  });
});

describe("other methods", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "%s passes through with its body",
    async (method) => {
      await before(async (exchange) => {
        const { bytes } = await exchange.body;
        await exchange.respond(200, fresh, `${exchange.request.method} ${Buffer.from(bytes).toString()}`);
      });
      const request = requestText(method, "/form", { "Content-Length": "5" });
      const answer = await ask(proxy.port, `${request}hello`);
      expect(answer.text).toBe(`${method} hello`);
      expect(cacheWord(answer)).toBe("PASS");
    },
  );

  test("a body that is still arriving is sent on as it comes", async () => {
    const { connectTo } = await import("../fixtures/raw-client.ts");
    await before((exchange) => void exchange.body.then(() => exchange.respond(200, {}, "got it")));
    const client = await connectTo(proxy.port);
    await client.send(`${requestText("POST", "/form", { "Transfer-Encoding": "chunked" })}3\r\none\r\n`);
    await proxy.origin.untilExchange(1);
    await client.send("3\r\ntwo\r\n0\r\n\r\n");
    expect((await client.response()).text).toBe("got it");
    client.close();
  });

  test("an unsafe method that succeeds removes what is stored for its target, here and in the other workers", async () => {
    await before(always(200, fresh));
    await proxy.get("/page");
    await ask(proxy.port, requestText("DELETE", "/page"));
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
    expect(proxy.invalidatedElsewhere).toEqual([{ by: "target", target: "/page", host: null, site: "" }]);
  });

  test("an unsafe method that fails removes nothing", async () => {
    await before(always(200, fresh));
    await proxy.get("/page");
    proxy.origin.answer(always(403, {}));
    await ask(proxy.port, requestText("DELETE", "/page"));
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
  });
});

describe("validation", () => {
  const validated = { ...fresh, ETag: '"v1"', "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT" };

  test("a 304 of the origin freshens the stored response, which answers then", async () => {
    await before(always(200, { ...validated, "X-Round": "1" }, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(
      ({ send }) =>
        void send(
          'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nX-Round: 2\r\nCache-Control: max-age=90\r\n\r\n',
        ),
    );
    const revalidated = await proxy.get("/page");
    expect(cacheWord(revalidated)).toBe("REVALIDATED");
    expect([revalidated.status, revalidated.text, revalidated.field("x-round")]).toEqual([200, "hello", "2"]);
    expect(proxy.origin.requests[1]?.field("if-none-match")).toBe('"v1"');
    proxy.advance(80);
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
  });

  test("a new response of the origin replaces the stored one", async () => {
    await before(always(200, validated, "old"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(always(200, { ...fresh, ETag: '"v2"' }, "new"));
    expect((await proxy.get("/page")).text).toBe("new");
    const hit = await proxy.get("/page");
    expect([cacheWord(hit), hit.text]).toEqual(["HIT", "new"]);
  });

  test.each([
    ["If-None-Match", '"v1"', 304],
    ["If-None-Match", '"other"', 200],
    ["If-Modified-Since", "Wed, 31 Dec 2025 12:00:00 GMT", 304],
    ["If-Modified-Since", "Tue, 30 Dec 2025 12:00:00 GMT", 200],
  ])("a client's %s: %s is answered %i from the store, and after a miss", async (name, value, status) => {
    await before(always(200, validated, "hello"));
    const miss = await proxy.get("/page", { [name]: value });
    const hit = await proxy.get("/page", { [name]: value });
    expect([miss.status, hit.status]).toEqual([status, status]);
    expect([cacheWord(miss), cacheWord(hit)]).toEqual(["MISS", "HIT"]);
    expect(proxy.origin.requests[0]?.field(name)).toBeNull();
    if (status === 304) expect([hit.field("etag"), hit.text]).toEqual(['"v1"', ""]);
  });

  test("a 304 nobody asked for is a 502", async () => {
    await before(({ send }) => void send("HTTP/1.1 304 Not Modified\r\n\r\n"));
    const answer = await proxy.get("/page");
    expect([answer.status, reasonOf(answer)]).toEqual([502, "unasked-not-modified"]);
  });
});

describe("ranges", () => {
  test.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=4-", 206, "456789", "bytes 4-9/10"],
    ["bytes=20-", 416, "", "bytes */10"],
    ["lines=1-2", 200, "0123456789", null],
  ])("%s of a stored response", async (range, status, text, contentRange) => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "0123456789"));
    await proxy.get("/page");
    const answer = await proxy.get("/page", { Range: range });
    expect([answer.status, answer.text, answer.field("content-range")]).toEqual([status, text, contentRange]);
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("a range of what is not stored is the origin's to cut, and is not stored", async () => {
    await before(always(206, { ...fresh, "Content-Range": "bytes 0-3/10" }, "0123"));
    const answer = await proxy.get("/page", { Range: "bytes=0-3" });
    expect([answer.status, answer.text, answer.field("content-range")]).toEqual([
      206,
      "0123",
      "bytes 0-3/10",
    ]);
    expect(proxy.origin.requests[0]?.field("range")).toBe("bytes=0-3");
    proxy.origin.answer(always(200, fresh, "0123456789"));
    expect((await proxy.get("/page")).text).toBe("0123456789");
  });

  test("If-Range with another validator gets the whole", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "0123456789"));
    await proxy.get("/page");
    const answer = await proxy.get("/page", { Range: "bytes=0-3", "If-Range": '"v0"' });
    expect([answer.status, answer.text]).toEqual([200, "0123456789"]);
  });
});

describe("what the origin is told", () => {
  test("the client, in fields written here and never passed on", async () => {
    await before(always(200, fresh));
    await proxy.get("/page", {
      Host: "shop.example",
      "X-Forwarded-For": "6.6.6.6",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "evil.example",
      Forwarded: "for=6.6.6.6",
    });
    const [request] = proxy.origin.requests;
    expect(request?.field("x-forwarded-for")).toBe("127.0.0.1");
    expect(request?.field("x-forwarded-proto")).toBe("http");
    expect(request?.field("x-forwarded-host")).toBe("shop.example");
    expect(request?.field("forwarded")).toBe('for=127.0.0.1;proto=http;host="shop.example"');
    expect(request?.field("host")).toBe(new URL(proxy.origin.url).host);
  });

  test("the client's Host where the operator wants it; then it is part of the key", async () => {
    await before((exchange) => void exchange.respond(200, fresh, exchange.request.field("host") ?? ""), {
      options: { originHost: null },
    });
    expect((await proxy.get("/page", { Host: "a.example" })).text).toBe("a.example");
    expect((await proxy.get("/page", { Host: "b.example" })).text).toBe("b.example");
    expect(cacheWord(await proxy.get("/page", { Host: "A.example" }))).toBe("HIT");
  });

  test('"/" asks for the index where the operator names one', async () => {
    await before((exchange) => void exchange.respond(200, fresh, exchange.request.target), {
      options: { index: "index.html" },
    });
    expect((await proxy.get("/")).text).toBe("/index.html");
    expect(cacheWord(await proxy.get("/index.html"))).toBe("HIT");
    expect(cacheWord(await proxy.get("/"))).toBe("HIT");
  });
});

describe("requests no proxy may pass on", () => {
  test.each([
    ["two Host fields", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["a Host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    [
      "two Content-Lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
      400,
    ],
    ["a GET with content", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nfat", 400],
    ["a chunked HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["a loop", 'GET / HTTP/1.1\r\nHost: a\r\nCDN-Loop: cacheproxy; id="loop-of-this-test"\r\n\r\n', 508],
  ])("%s", async (_, request, status) => {
    await before(always(200, fresh));
    expect((await ask(proxy.port, request)).status).toBe(status);
    expect(proxy.origin.requests.length).toBe(0);
  });

  test("HTTP/1.0 without a Host is answered", async () => {
    await before(always(200, fresh, "hello"));
    expect((await ask(proxy.port, "GET /page HTTP/1.0\r\n\r\n")).text).toBe("hello");
    expect((await ask(proxy.port, "GET /page HTTP/1.0\r\n\r\n")).text).toBe("hello");
    expect(proxy.origin.requests.length).toBe(1);
  });
});
