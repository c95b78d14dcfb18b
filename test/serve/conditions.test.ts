import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
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
import { order } from "../store/samples.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const modified = "Wed, 31 Dec 2025 12:00:00 GMT";
const earlier = "Tue, 30 Dec 2025 12:00:00 GMT";
const began = new Date(beginning).toUTCString();
/** With a byte beyond ASCII, which must stay one byte. */
const type = 'text/plain; x="\xe9"';
const validated = {
  "Cache-Control": "max-age=60",
  "Content-Type": type,
  ETag: '"v1"',
  "Last-Modified": modified,
};

/** RFC 9110 §13.2.2: the order of precedence. */
const conditions: [fields: Record<string, string>, status: number][] = [
  [{ "If-None-Match": '"v1"' }, 304],
  [{ "If-None-Match": 'W/"v1"' }, 304],
  [{ "If-None-Match": '"a", "v1", "b"' }, 304],
  [{ "If-None-Match": "*" }, 304],
  [{ "If-None-Match": '"v2"' }, 200],
  [{ "If-None-Match": '"v2"', "If-Modified-Since": modified }, 200],
  [{ "If-Modified-Since": modified }, 304],
  [{ "If-Modified-Since": "Wednesday, 31-Dec-25 12:00:00 GMT" }, 304],
  [{ "If-Modified-Since": "Wed Dec 31 12:00:00 2025" }, 304],
  [{ "If-Modified-Since": earlier }, 200],
  [{ "If-Modified-Since": "yesterday" }, 200],
];

describe("a client's conditions (RFC 9110 §13)", () => {
  const directives = { stored: "max-age=60", unstored: "private, max-age=60" };

  test.each(conditions)(
    "%j is a %i on a hit, on a miss, and where nothing may be stored",
    async (fields, status) => {
      await before((exchange) => {
        const [, name] = exchange.request.target.split("/");
        return void exchange.respond(
          200,
          { ...validated, "Cache-Control": directives[name as keyof typeof directives] },
          "hello",
        );
      });
      const miss = await proxy.get("/stored", fields);
      const hit = await proxy.get("/stored", fields);
      const unstored = await proxy.get("/unstored", fields);
      const answers = [miss, hit, unstored];
      expect(answers.map((answer) => [cacheWord(answer), answer.status, answer.text])).toEqual([
        ["MISS", status, status === 200 ? "hello" : ""],
        ["HIT", status, status === 200 ? "hello" : ""],
        ["MISS", status, status === 200 ? "hello" : ""],
      ]);
      // They never reach the origin, so that what it answers can be stored for all.
      for (const { fields: received } of proxy.origin.requests) {
        expect(received.filter(([name]) => /^if-/i.test(name))).toEqual([]);
      }
    },
  );

  describe.each([true, false])(
    "on what is there now are the origin's to judge (short cut: %j)",
    (shortCut) => {
      const failing: Script = ({ request, respond }) => {
        const isLost =
          request.field("if-match") === '"v2"' || request.field("if-unmodified-since") === earlier;
        return void (isLost ? respond(412, {}, "lost") : respond(200, validated, "hello"));
      };

      test.each<[fields: Record<string, string>, status: number]>([
        [{ "If-Match": '"v1"' }, 200],
        [{ "If-Match": '"v2"' }, 412],
        [{ "If-Unmodified-Since": modified }, 200],
        [{ "If-Unmodified-Since": earlier }, 412],
      ])("%j: it is asked, and its %i is the answer", async (fields, status) => {
        await before(failing, { shortCut });
        const cold = await proxy.get("/cold", fields);
        await proxy.get("/page");
        const stored = await proxy.get("/page", fields);
        for (const answer of [cold, stored]) {
          expect([cacheWord(answer), answer.status, answer.text]).toEqual([
            "MISS",
            status,
            status === 200 ? "hello" : "lost",
          ]);
        }
        expect(stored.field("cache-status")).toContain("fwd=request");
        expect(proxy.served.at(-1)?.forwarded).toBe("request-condition");
        for (const index of [0, 2]) {
          const received = proxy.origin.requests[index]?.fields.filter(([name]) => /^if-/i.test(name));
          expect(received).toEqual(Object.entries(fields));
        }
        expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
        expect(cacheWord(await proxy.get("/cold"))).toBe(status === 200 ? "HIT" : "MISS");
      });

      test("also where nothing but HEAD or a range is asked for, and where a 304 is its answer", async () => {
        await before(failing, { shortCut });
        await proxy.get("/page");
        const head = await ask(proxy.port, requestText("HEAD", "/page", { "If-Match": '"v2"' }));
        const range = await proxy.get("/page", { "If-Match": '"v2"', Range: "bytes=0-1" });
        expect([head.status, range.status]).toEqual([412, 412]);
        proxy.origin.answer(({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'));
        const both = await proxy.get("/page", { "If-Match": '"v1"', "If-None-Match": '"v1"' });
        expect([both.status, cacheWord(both)]).toEqual([304, "MISS"]);
      });

      test("and nothing stale stands in for its failure", async () => {
        await before(always(200, { ...validated, "Cache-Control": "max-age=60, stale-if-error=600" }), {
          shortCut,
        });
        await proxy.get("/page");
        proxy.advance(61);
        proxy.origin.answer((exchange) => exchange.reset());
        expect((await proxy.get("/page", { "If-Match": '"v1"' })).status).toBe(502);
        expect(cacheWord(await proxy.get("/page"))).toBe("STALE");
      });
    },
  );

  test("a 304 bears what RFC 9110 §15.4.5 asks for and nothing of the body", async () => {
    const fields = {
      ...validated,
      Vary: "X-Kind",
      "Content-Location": "/p",
      "Content-Language": "en",
      "X-Own": "1",
    };
    await before(always(200, { ...fields, Expires: "Thu, 01 Jan 2026 13:00:00 GMT" }, "hello"));
    await proxy.get("/page");
    const answer = await proxy.get("/page", { "If-None-Match": '"v1"' });
    const kept = ["cache-control", "content-location", "date", "etag", "expires", "vary", "age", "x-own"];
    for (const name of kept) expect([name, answer.field(name) !== null]).toEqual([name, true]);
    for (const name of ["content-type", "content-length", "content-language", "last-modified"]) {
      expect([name, answer.field(name)]).toEqual([name, null]);
    }
  });

  test.each([
    [began, 304],
    [modified, 200],
  ])(
    "where no Last-Modified is stored, Date serves: since %s is a %i (RFC 9111 §4.3.2)",
    async (since, status) => {
      await before(always(200, { "Cache-Control": "max-age=60", Date: began }, "hello"));
      await proxy.get("/page");
      expect((await proxy.get("/page", { "If-Modified-Since": since })).status).toBe(status);
    },
  );

  test("count for successful answers only", async () => {
    await before(always(404, validated, "not here"));
    await proxy.get("/page");
    expect((await proxy.get("/page", { "If-None-Match": '"v1"' })).status).toBe(404);
  });

  test("a 304 to a range or a HEAD that has no condition is a 502", async () => {
    await before(({ send }) => void send("HTTP/1.1 304 Not Modified\r\n\r\n"));
    const head = await ask(proxy.port, requestText("HEAD", "/page"));
    const range = await proxy.get("/page", { Range: "bytes=0-1" });
    expect([head.status, range.status]).toEqual([502, 502]);
    expect(reasonOf(range)).toBe("unasked-not-modified");
    const conditional = await proxy.get("/page", { Range: "bytes=0-1", "If-None-Match": '"v1"' });
    expect(conditional.status).toBe(304);
  });
});

const text = "0123456789abcdefghij";

describe.each(["memory", "disk"])("a stored complete response in %s (RFC 9110 §14)", (tier) => {
  let directory: TestDirectory;
  beforeEach(async () => {
    directory = createDirectory();
    const newId = () => crypto.randomUUID().replaceAll("-", "");
    const now = () => beginning;
    const memory = createMemoryStore({
      now: () => 0,
      removals: createRemovals(1),
      order,
      newId,
      maxBytes: tier === "memory" ? 1_000_000 : 8,
    });
    const store = createTieredStore(memory, directory.open({ now }), (trouble) => {
      if (trouble.code !== "TOO_LARGE") throw new Error(trouble.message);
    });
    await before(always(200, validated, text), { store, shortCut: false });
    await proxy.get("/page");
  });
  afterEach(() => directory.dispose());

  const cases: [range: string, status: number, contentRange: string | null, text: string][] = [
    ["bytes=0-4", 206, "bytes 0-4/20", "01234"],
    ["bytes=18-99", 206, "bytes 18-19/20", "ij"],
    ["bytes=-2", 206, "bytes 18-19/20", "ij"],
    ["bytes=-99", 206, "bytes 0-19/20", text],
    ["bytes=17-", 206, "bytes 17-19/20", "hij"],
    ["bytes=0-1,2-3", 206, "bytes 0-3/20", "0123"],
    ["bytes=0-4,90-", 206, "bytes 0-4/20", "01234"],
    ["bytes=20-", 416, "bytes */20", ""],
    ["bytes=-0", 416, "bytes */20", ""],
    ["bytes=4-2", 200, null, text],
    ["chars=0-4", 200, null, text],
    [`bytes=${Array.from({ length: 17 }, () => "0-0,2-2,4-4").join(",")}`, 206, null, "multipart"],
  ];
  test.each(cases)("gives %s", async (range, status, contentRange, expected) => {
    const answer = await proxy.get("/page", { Range: range });
    expect([answer.status, answer.field("content-range")]).toEqual([status, contentRange]);
    if (expected !== "multipart") {
      expect(answer.text).toBe(expected);
      expect(answer.field("content-length")).toBe(`${answer.body.length}`);
    }
    expect(answer.complete).toBe(true);
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("gives a 416 that no cache keeps, whatever the lifetime of the page", async () => {
    const fields = {
      ...validated,
      Expires: "Thu, 01 Jan 2099 12:00:00 GMT",
      "CDN-Cache-Control": "max-age=600",
      "Surrogate-Control": "max-age=600",
      "X-Own": "1",
    };
    await proxy.stop();
    await before(always(200, fields, text));
    await proxy.get("/page");
    const answer = await proxy.get("/page", { Range: "bytes=20-" });
    expect([answer.status, answer.field("cache-control"), answer.field("x-own")]).toEqual([
      416,
      "no-store",
      "1",
    ]);
    for (const name of [
      "expires",
      "cdn-cache-control",
      "surrogate-control",
      "etag",
      "last-modified",
      "age",
    ]) {
      expect([name, answer.field(name)]).toEqual([name, null]);
    }
  });

  test("gives several ranges as multipart/byteranges, in the order asked for", async () => {
    const answer = await proxy.get("/page", { Range: "bytes=10-12, 0-1,1-2,-1" });
    expect([answer.status, answer.field("content-range")]).toEqual([206, null]);
    expect(answer.field("content-type")).toBe("multipart/byteranges; boundary=boundary-of-this-test");
    const part = (range: string, bytes: string) =>
      `\r\n--boundary-of-this-test\r\nContent-Type: ${type}\r\nContent-Range: bytes ${range}/20\r\n\r\n${bytes}`;
    const parts = part("10-12", "abc") + part("0-2", "012") + part("19-19", "j");
    expect(answer.text).toBe(`${parts}\r\n--boundary-of-this-test--\r\n`);
    expect(answer.complete).toBe(true);
    expect(proxy.served.at(-1)?.bytes).toBe(answer.body.length);
  });

  test("gives at most 16 parts, else the whole", async () => {
    await proxy.stop();
    const long = "x".repeat(100);
    await before(always(200, validated, long));
    await proxy.get("/page");
    const ranges = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, at) => `${at * 3}-${at * 3}`).join()}`;
    expect((await proxy.get("/page", { Range: ranges(16) })).status).toBe(206);
    expect((await proxy.get("/page", { Range: ranges(17) })).status).toBe(200);
  });

  test.each([
    ['"v1"', 206],
    ['W/"v1"', 200],
    ['"v2"', 200],
    [modified, 206],
    [earlier, 200],
    ["soon", 200],
  ])("with If-Range: %s is a %i", async (ifRange, status) => {
    expect((await proxy.get("/page", { Range: "bytes=0-1", "If-Range": ifRange })).status).toBe(status);
  });

  test("judges conditions before ranges", async () => {
    const condition = { Range: "bytes=0-1", "If-None-Match": '"v1"' };
    expect((await proxy.get("/page", condition)).status).toBe(304);
  });

  test("ignores a Range in other methods, and adds no Accept-Ranges", async () => {
    const head = await ask(proxy.port, requestText("HEAD", "/page", { Range: "bytes=0-1" }));
    expect([head.status, head.field("content-length")]).toEqual([200, "20"]);
    expect(head.field("accept-ranges")).toBeNull();
  });
});

test("a weak validator lets no range be joined to what the client has", async () => {
  await before(always(200, { ...validated, ETag: 'W/"v1"', "Last-Modified": began }, text));
  await proxy.get("/page");
  for (const ifRange of ['W/"v1"', began]) {
    expect((await proxy.get("/page", { Range: "bytes=0-1", "If-Range": ifRange })).status).toBe(200);
  }
});
