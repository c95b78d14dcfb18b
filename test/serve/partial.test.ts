import { afterEach, describe, expect, test } from "bun:test";
import type { ReasonName } from "../../src/rules/reason.ts";
import type { ServeOptions } from "../../src/serve/context.ts";
import type { Ready } from "../../src/serve/hit/ready.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import { passedDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, connectTo, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { type Representation, serving } from "../fixtures/representation.ts";
import type { whileServing } from "../rules/while-serving.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { bytesOf, newId, order } from "../store/samples.ts";
import { beginning, cacheWord, keyOf, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
let directory: TestDirectory;
let troubles: unknown[];

async function before(script: Script, options: Partial<ServeOptions> = {}): Promise<void> {
  directory = createDirectory();
  await open(script, options);
}

/** A proxy on the directory, instead of the one there was. */
async function open(script: Script, options: Partial<ServeOptions>): Promise<void> {
  troubles = [];
  const now = () => proxy?.now() ?? beginning;
  const memory = createMemoryStore<Ready>({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 64 * 1024 * 1024,
    order,
    newId,
  });
  const store = createTieredStore(
    memory,
    directory.open({ now, onTrouble: (one) => troubles.push(one) }),
    (one) => troubles.push(one),
  );
  proxy = await startProxy(script, { store, options, collecting: passedDeadlines });
}
afterEach(async () => {
  await proxy.stop();
  await directory.dispose();
});

const onlyIfCached = { "Cache-Control": "only-if-cached" };
const strong = { "Cache-Control": "max-age=60", "Content-Type": "video/mp4", ETag: '"v1"' };
const size = 2_000_000;

function video(fields: Record<string, string> = strong, length = size): Representation {
  return { bytes: bytesOf(length), fields };
}

/** A part as written in Range: the last byte is in it. */
function part({ bytes }: Representation, first: number, last: number): Buffer {
  return Buffer.from(bytes.subarray(first, last + 1));
}

async function range(wanted: string, fields: Record<string, string> = {}): Promise<RawResponse> {
  return await proxy.get("/video", { Range: `bytes=${wanted}`, ...fields });
}

/** What the origin was asked for, in order. */
function asked(): (string | null)[] {
  return proxy.origin.requests.map((request) => request.field("range"));
}

function expectPart(
  answer: RawResponse,
  of: Representation,
  first: number,
  last: number,
  word: string,
): void {
  expect([answer.status, cacheWord(answer) as string]).toEqual([206, word]);
  expect(answer.field("content-range")).toBe(`bytes ${first}-${last}/${of.bytes.length}`);
  expect(answer.complete).toBe(true);
  expect(Buffer.compare(Buffer.from(answer.body), part(of, first, last))).toBe(0);
}

function expectWhole(answer: RawResponse, of: Representation, word: string): void {
  expect([answer.status, cacheWord(answer) as string, answer.complete]).toEqual([200, word, true]);
  expect(answer.field("content-range")).toBeNull();
  expect(Buffer.compare(Buffer.from(answer.body), Buffer.from(of.bytes))).toBe(0);
}

describe("a range of what is not stored", () => {
  test.each([
    ["100-199", 100, 199],
    ["0-0", 0, 0],
    ["-500", size - 500, size - 1],
    ["1000000-", 1_000_000, size - 1],
    ["0-1999999", 0, size - 1],
  ])("bytes=%s costs the origin that range, and is stored", async (wanted, first, last) => {
    const it = video();
    await before(serving(it));
    const miss = await range(wanted);
    expectPart(miss, it, first, last, "MISS");
    expect(reasonOf(miss)).toBe("stored-piece");
    expect(miss.field("cache-status")).toContain("fwd=uri-miss; fwd-status=206; stored");
    expectPart(await range(`${first}-${last}`), it, first, last, "HIT");
    expect(asked()).toEqual([`bytes=${wanted}`]);
    expect([...proxy.errors, ...troubles]).toEqual([]);
  });

  test("answers ranges within it, with the size and the fields of the whole, and its age", async () => {
    const it = video();
    await before(serving(it));
    await range("1000-1999");
    proxy.advance(7);
    const hit = await range("1500-1599");
    expectPart(hit, it, 1500, 1599, "HIT");
    expect([hit.field("age"), hit.field("content-type"), hit.field("content-length")]).toEqual([
      "7",
      "video/mp4",
      "100",
    ]);
    expect(hit.field("cache-status")).toContain("hit; ttl=53");
    expect(asked()).toHaveLength(1);
  });

  test.each([
    ["-5", "56789", "bytes 5-9/10"],
    ["6-8", "678", "bytes 6-8/10"],
    ["6-", "6789", "bytes 6-9/10"],
    ["-1", "9", "bytes 9-9/10"],
  ])("of the end, without a validator, answers bytes=%s", async (wanted, text, contentRange) => {
    const parts = { "Cache-Control": "max-age=3600", "Content-Range": "bytes 5-9/10" };
    await before(({ respond }) => void respond(206, parts, "56789"));
    expect((await range("-5")).text).toBe("56789");
    const hit = await range(wanted);
    expect([cacheWord(hit) as string, hit.text, hit.field("content-range")]).toEqual([
      "HIT",
      text,
      contentRange,
    ]);
    expect(asked()).toEqual(["bytes=-5"]);
  });

  test("is told from one beyond the end, once something is known of it", async () => {
    await before(serving(video()));
    await range("0-9");
    const answer = await range(`${size}-`);
    expect([answer.status, answer.field("content-range")]).toEqual([416, `bytes */${size}`]);
    expect(asked()).toHaveLength(1);
  });

  test("in chunks is stored, for its range tells its length", async () => {
    await before(async ({ send }) => {
      await send(
        'HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\nETag: "v1"\r\nContent-Range: bytes 2-6/10\r\n' +
          "Transfer-Encoding: chunked\r\n\r\n5\r\n23456\r\n0\r\n\r\n",
      );
    });
    expect((await range("2-6")).text).toBe("23456");
    const hit = await range("3-5");
    expect([cacheWord(hit), hit.text, hit.field("content-range")]).toEqual(["HIT", "345", "bytes 3-5/10"]);
  });

  const wrong: [string, string, string][] = [
    [
      "Content-Length disagrees",
      "Content-Length: 5\r\nContent-Range: bytes 4-9/10\r\n\r\n01234",
      "partial-wrong-length",
    ],
    [
      "size is not known",
      "Content-Length: 5\r\nContent-Range: bytes 0-4/*\r\n\r\n01234",
      "partial-unknown-size",
    ],
    [
      "Content-Range is none",
      "Content-Length: 5\r\nContent-Range: bytes 4-0/10\r\n\r\n01234",
      "partial-malformed-range",
    ],
    ["Content-Range is missing", "Content-Length: 5\r\n\r\n01234", "partial-without-range"],
  ];
  test.each(wrong)("whose %s is passed on as it is, unstored", async (_, rest, reason) => {
    await before(
      ({ send }) => void send(`HTTP/1.1 206 P\r\nCache-Control: max-age=60\r\nETag: "v1"\r\n${rest}`),
    );
    for (const _ of [1, 2]) {
      const answer = await range("0-4");
      expect([answer.status, answer.text, reasonOf(answer) as string]).toEqual([206, "01234", reason]);
    }
    expect(asked()).toHaveLength(2);
  });

  test.each([
    ["fewer", "4\r\n0123\r\n0\r\n\r\n"],
    ["more", "6\r\n012345\r\n0\r\n\r\n"],
  ])("that comes to %s bytes than its range says is not stored", async (_, chunks) => {
    await before(async ({ send, end }) => {
      await send(
        'HTTP/1.1 206 P\r\nCache-Control: max-age=60\r\nETag: "v1"\r\nContent-Range: bytes 0-4/10\r\n' +
          `Transfer-Encoding: chunked\r\n\r\n${chunks}`,
      );
      end();
    });
    await range("0-4");
    const it = video(strong, 10);
    proxy.origin.answer(serving(it));
    expectPart(await range("0-4"), it, 0, 4, "MISS");
  });

  test("that breaks off is not stored", async () => {
    await before(async ({ send, reset }) => {
      await send(
        'HTTP/1.1 206 P\r\nCache-Control: max-age=60\r\nETag: "v1"\r\nContent-Range: bytes 0-999999/2000000\r\n' +
          "Content-Length: 1000000\r\n\r\n0123456789",
      );
      reset();
    });
    await range("0-999999").catch(() => "no answer");
    const it = video();
    proxy.origin.answer(serving(it));
    expectPart(await range("0-9"), it, 0, 9, "MISS");
  });

  test("of something larger than --max-object is passed on", async () => {
    await before(serving(video()), { maxObjectSize: size - 1 });
    expect(reasonOf(await range("0-9"))).toBe("too-large");
    expect(cacheWord(await range("0-9"))).toBe("MISS");
  });

  test("whose client leaves is stored as far as it came, and no more is asked for", async () => {
    const it = video();
    const begun = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await before(async ({ send, gone }) => {
      await send(
        `HTTP/1.1 206 P\r\nCache-Control: max-age=60\r\nETag: "v1"\r\nContent-Range: bytes 0-${size - 1}/${size}\r\n` +
          `Content-Length: ${size}\r\n\r\n`,
      );
      await send(it.bytes.subarray(0, 1_000_000));
      begun.resolve();
      await gone;
      left.resolve();
    });
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/video", { Range: "bytes=0-" }));
    await client.head();
    await client.bytes(500_000);
    await begun.promise;
    client.reset();
    await left.promise;
    let hit = await range("0-99999", onlyIfCached);
    while (hit.status === 504) hit = await range("0-99999", onlyIfCached);
    expectPart(hit, it, 0, 99_999, "HIT");
    expect((await range("1000000-1000009", onlyIfCached)).status).toBe(504);
    expect(asked()).toEqual(["bytes=0-"]);
    expect([...proxy.errors, ...troubles]).toEqual([]);
  });
});

describe("a range partly held", () => {
  test("costs the origin what is missing, each gap as a range of the same representation", async () => {
    const it = video();
    await before(serving(it));
    await range("100000-199999");
    await range("300000-399999");
    const answer = await range("50000-449999");
    expectPart(answer, it, 50_000, 449_999, "PARTIAL");
    expect(reasonOf(answer)).toBe("partial-hit");
    expect(answer.field("cache-status")).toContain("fwd=partial; fwd-status=206; stored");
    expect(asked().slice(2)).toEqual(["bytes=50000-99999", "bytes=200000-299999", "bytes=400000-449999"]);
    expect(proxy.origin.requests.slice(2).map((request) => request.field("if-range"))).toEqual([
      '"v1"',
      '"v1"',
      '"v1"',
    ]);
    expectPart(await range("50000-449999"), it, 50_000, 449_999, "HIT");
    expect(asked()).toHaveLength(5);
    expect([...proxy.errors, ...troubles]).toEqual([]);
  });

  test.each([
    ["10-29", 10, 29, "bytes=20-29"],
    ["5-14", 5, 14, "bytes=5-9"],
    ["-1999985", 15, size - 1, "bytes=20-"],
  ])("bytes=%s of bytes 10-19", async (wanted, first, last, missing) => {
    const it = video();
    await before(serving(it));
    await range("10-19");
    expectPart(await range(wanted), it, first, last, "PARTIAL");
    expect(asked()).toEqual(["bytes=10-19", missing]);
  });

  test("of a small answer goes out with its length", async () => {
    await before(serving(video()));
    await range("10-19");
    expect((await range("10-29")).field("content-length")).toBe("20");
  });

  test("is fetched by date where there is no entity tag, if the date is old enough", async () => {
    const modified = { "Cache-Control": "max-age=60", "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT" };
    const it = video({ ...modified, Date: "Thu, 01 Jan 2026 12:00:00 GMT" });
    await before(serving(it));
    await range("10-19");
    expectPart(await range("10-29"), it, 10, 29, "PARTIAL");
    expect(proxy.origin.requests[1]?.field("if-range")).toBe("Wed, 31 Dec 2025 12:00:00 GMT");
  });

  test.each([
    ["a weak entity tag", { ...strong, ETag: 'W/"v1"' }],
    ["no validator", { "Cache-Control": "max-age=60" }],
  ])("of what has %s is asked for as a whole: it is never combined", async (_, fields) => {
    const it = video(fields);
    await before(serving(it));
    await range("10-19");
    expectPart(await range("12-15"), it, 12, 15, "HIT");
    const answer = await range("10-29");
    expectPart(answer, it, 10, 29, "MISS");
    expect(asked()).toEqual(["bytes=10-19", "bytes=10-29"]);
    expect(answer.field("cache-status")).toContain("fwd=partial");
  });

  test("is answered by fields of the new part", async () => {
    const it = video();
    await before(serving(it));
    await range("10-19");
    it.fields = { ...strong, "Cache-Control": "max-age=500", "X-Round": "2", "Set-Cookie": "a=1" };
    proxy.advance(5);
    const answer = await range("10-29");
    expect([answer.field("x-round"), answer.field("age"), answer.field("set-cookie")]).toEqual([
      "2",
      "0",
      "a=1",
    ]);
    const hit = await range("10-29");
    expect([hit.field("x-round"), hit.field("set-cookie")]).toEqual(["2", null]);
    expect(hit.field("cache-status")).toContain("ttl=500");
  });

  test("whose parts may not be stored any more is answered, and forgotten", async () => {
    const it = video();
    await before(serving(it));
    await range("10-19");
    it.fields = { ...strong, "Cache-Control": "no-store" };
    expectPart(await range("10-29"), it, 10, 29, "PARTIAL");
    it.fields = strong;
    expectPart(await range("10-19"), it, 10, 19, "MISS");
  });

  test("several ranges are answered when all are held, else asked for as the client asks", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    const held = await range("10-19,30-39");
    expect([held.status, cacheWord(held)]).toEqual([206, "HIT"]);
    expect(held.text).toContain("Content-Range: bytes 30-39/2000000");
    proxy.origin.answer(({ respond }) => void respond(200, { "Cache-Control": "no-store" }, "other"));
    expect((await range("10-19,200-299")).text).toBe("other");
    expect(asked()).toEqual(["bytes=0-99", "bytes=10-19,200-299"]);
  });

  test("only-if-cached asks nobody", async () => {
    await before(serving(video()));
    await range("0-99");
    expect((await range("0-199", onlyIfCached)).status).toBe(504);
    expect((await range("0-49", onlyIfCached)).status).toBe(206);
    expect(asked()).toHaveLength(1);
  });

  test("of which nobody can fetch the rest is a 502, or broken off when it had begun", async () => {
    const it = video();
    await before(serving(it));
    await range("1000000-1499999");
    proxy.origin.answer((exchange) => exchange.reset());
    expect((await range("999999-1499999")).status).toBe(502);
    let requests = 0;
    proxy.origin.answer((exchange) => (requests++ === 0 ? serving(it)(exchange) : exchange.reset()));
    const cut = await range("999999-1500000").catch(() => "no answer");
    if (cut !== "no answer") expect(cut).toMatchObject({ complete: false });
    proxy.origin.answer(serving(it));
    expectPart(await range("999999-1500000"), it, 999_999, 1_500_000, "PARTIAL");
    expect(asked().at(-1)).toBe("bytes=1500000-1500000");
  });
});

test("a piece whose bytes were changed on the disk is not served", async () => {
  const it = video();
  await before(serving(it));
  await range("0-99999");
  const [found] = (await proxy.context.store.pieces?.find(keyOf("/video"))) ?? [];
  const path = found?.path ?? "";
  await proxy.stop();
  const bytes = await Bun.file(path).bytes();
  bytes[500] = (bytes[500] ?? 0) ^ 1;
  await Bun.write(path, bytes);
  await open(serving(it), {});
  expectPart(await range("400-599"), it, 400, 599, "MISS");
  expect(troubles).toMatchObject([{ code: "WRONG_CHECKSUM" }]);
});

describe("a representation that has changed", () => {
  test("is found out by the first gap: the answer is the new one's, and the old pieces go", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99999");
    const young = video({ ...strong, ETag: '"v2"' }, 1_000_000);
    young.bytes = bytesOf(1_000_000, 7);
    proxy.origin.answer(serving(young));
    const answer = await range("0-199999");
    expect(answer.status).toBe(200);
    expect(Buffer.compare(Buffer.from(answer.body), Buffer.from(young.bytes))).toBe(0);
    expectPart(await range("0-99999"), young, 0, 99_999, "HIT");
  });

  test("whose origin knows no If-Range is asked anew", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    const young: Representation = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
    proxy.origin.answer((exchange) => {
      const { request } = exchange;
      const field = (name: string) => (name === "if-range" ? null : request.field(name));
      return serving(young)({ ...exchange, request: { ...request, field } });
    });
    expectPart(await range("0-199"), young, 0, 199, "MISS");
    expect(asked()).toEqual(["bytes=0-99", "bytes=100-199", "bytes=0-199"]);
    expectPart(await range("0-199"), young, 0, 199, "HIT");
  });

  test("in the middle of an answer breaks it off, and the old pieces go", async () => {
    const it = video();
    await before(serving(it));
    await range("500000-999999");
    const young: Representation = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
    let requests = 0;
    proxy.origin.answer((exchange) => serving(requests++ === 0 ? it : young)(exchange));
    const cut = await range("400000-1200000").catch(() => "no answer");
    if (cut !== "no answer") expect(cut).toMatchObject({ complete: false });
    expectPart(await range("600000-600099"), young, 600_000, 600_099, "MISS");
  });

  test("to one of another size with the same tag is not mixed with the old", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    const young = video(strong, size + 1);
    proxy.origin.answer(serving(young));
    expectPart(await range("0-199"), young, 0, 199, "MISS");
  });
});

describe("the whole of what is held in part", () => {
  test("costs the origin what is missing, and is stored as a whole", async () => {
    const it = video();
    await before(serving(it));
    await range("100000-199999");
    await range("-1000000");
    const answer = await proxy.get("/video");
    expectWhole(answer, it, "PARTIAL");
    expect(answer.field("cache-status")).toContain("fwd=partial; fwd-status=200; stored");
    expect(asked().slice(2)).toEqual(["bytes=0-99999", "bytes=200000-999999"]);
    expectWhole(await proxy.get("/video"), it, "HIT");
    expectPart(await range("5-"), it, 5, size - 1, "HIT");
    expect(asked()).toHaveLength(4);
    await proxy.context.store.published();
    expect(await proxy.context.store.pieces?.find(keyOf("/video"))).toEqual([]);
    expect([...proxy.errors, ...troubles]).toEqual([]);
  });

  test("is fetched once for many clients", async () => {
    const it = video();
    await before(serving(it));
    await range("100000-199999");
    const answers = await Promise.all(Array.from({ length: 20 }, () => proxy.get("/video")));
    for (const answer of answers) {
      expect([answer.status, answer.complete]).toEqual([200, true]);
      expect(Buffer.compare(Buffer.from(answer.body), Buffer.from(it.bytes))).toBe(0);
    }
    expect(asked()).toEqual(["bytes=100000-199999", "bytes=0-99999", "bytes=200000-"]);
  });

  test("costs nothing once all ranges are there", async () => {
    const it = video();
    await before(serving(it));
    await range("0-999999");
    await range("1000000-1999999");
    expectWhole(await proxy.get("/video"), it, "HIT");
    expect(asked()).toHaveLength(2);
  });

  test("is what HEAD is answered from, and what conditions are judged by", async () => {
    await before(serving(video()));
    await range("0-99");
    const head = await ask(proxy.port, requestText("HEAD", "/video"));
    expect([head.status, head.field("content-length"), cacheWord(head)]).toEqual([200, `${size}`, "HIT"]);
    expect((await proxy.get("/video", { "If-None-Match": '"v1"' })).status).toBe(304);
    expect(asked()).toHaveLength(1);
    await proxy.get("/video", { "If-Match": '"v2"' });
    expect(proxy.origin.requests.at(-1)?.field("if-match")).toBe('"v2"');
  });

  test("is the answer to an If-Range that does not match", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    expectWhole(await range("0-9", { "If-Range": '"v0"' }), it, "PARTIAL");
    expectPart(await range("0-9", { "If-Range": '"v1"' }), it, 0, 9, "HIT");
  });

  test("is fetched anew when it has changed", async () => {
    await before(serving(video()));
    await range("0-99");
    const young: Representation = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
    proxy.origin.answer(serving(young));
    expectWhole(await proxy.get("/video"), young, "MISS");
    expectWhole(await proxy.get("/video"), young, "HIT");
    expect(asked()).toEqual(["bytes=0-99", "bytes=100-"]);
  });

  test("in more than 16 gaps is fetched at once", async () => {
    const it = video();
    await before(serving(it));
    for (let i = 1; i <= 17; i++) await range(`${i * 1000}-${i * 1000 + 9}`);
    expectWhole(await proxy.get("/video"), it, "MISS");
    expect(asked().slice(17)).toEqual([null]);
  });

  test("has nothing of what an unsafe request made invalid", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    await ask(proxy.port, requestText("POST", "/video", { "Content-Length": "0" }));
    expectPart(await range("0-99"), it, 0, 99, "MISS");
  });
});

describe("what is held in part and stale", () => {
  test("is fresh again when the origin confirms it, and costs no byte", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    const confirmed = await range("0-49");
    expectPart(confirmed, it, 0, 49, "REVALIDATED");
    const [, request] = proxy.origin.requests;
    expect([request?.field("if-none-match"), request?.field("range")]).toEqual(['"v1"', "bytes=0-49"]);
    expectPart(await range("50-99"), it, 50, 99, "HIT");
    expect(asked()).toHaveLength(2);
  });

  test("is completed when the origin has confirmed it", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    expectPart(await range("50-149"), it, 50, 149, "PARTIAL");
    expect(asked()).toEqual(["bytes=0-99", "bytes=50-149", "bytes=100-149"]);
    proxy.advance(61);
    expectWhole(await proxy.get("/video"), it, "PARTIAL");
    expect(asked().slice(3)).toEqual([null, "bytes=150-"]);
  });

  test("gives way to a part of something else", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    const young: Representation = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
    proxy.origin.answer(serving(young));
    expectPart(await range("0-49"), young, 0, 49, "MISS");
    expectPart(await range("0-49"), young, 0, 49, "HIT");
    expectPart(await range("50-99"), young, 50, 99, "PARTIAL");
    expect(asked().slice(1)).toEqual(["bytes=0-49", "bytes=50-99"]);
  });

  test("gives way to the whole of something else", async () => {
    await before(serving(video()));
    await range("0-99");
    proxy.advance(61);
    const young: Representation = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
    proxy.origin.answer(serving(young));
    expectWhole(await proxy.get("/video"), young, "MISS");
    expectWhole(await proxy.get("/video"), young, "HIT");
  });

  test("is fresh again when the origin sends a part of it once more", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    proxy.origin.answer((exchange) => {
      const field = (name: string) => (name === "if-none-match" ? null : exchange.request.field(name));
      return serving(it)({ ...exchange, request: { ...exchange.request, field } });
    });
    expectPart(await range("0-49"), it, 0, 49, "MISS");
    expectPart(await range("50-99"), it, 50, 99, "HIT");
  });

  test("serves when the origin fails and stale-if-error allows it, what is held of it", async () => {
    const it = video({ ...strong, "Cache-Control": "max-age=60, stale-if-error=600" });
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    proxy.origin.answer(({ respond }) => void respond(503, {}, "down"));
    expectPart(await range("0-49"), it, 0, 49, "STALE");
    expect((await range("50-149")).status).toBe(503);
    proxy.origin.answer((exchange) => exchange.reset());
    expectPart(await range("0-49"), it, 0, 49, "STALE");
    expect((await range("50-149")).status).toBe(502);
  });

  test("is waited for by one client while the origin fails, not by the next ones, for a while", async () => {
    const it = video({ ...strong, "Cache-Control": "max-age=60, stale-if-error=600" });
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    proxy.origin.answer((exchange) => exchange.reset());
    expectPart(await range("0-49"), it, 0, 49, "STALE");
    const count = proxy.origin.requests.length;
    expectPart(await range("0-49"), it, 0, 49, "STALE");
    expectPart(await range("50-99"), it, 50, 99, "STALE");
    expect(proxy.origin.requests).toHaveLength(count);
    proxy.origin.answer(serving(it));
    proxy.advance(2);
    expectPart(await range("0-49"), it, 0, 49, "REVALIDATED");
  });

  test("is served stale to those who accept that", async () => {
    const it = video();
    await before(serving(it));
    await range("0-99");
    proxy.advance(61);
    expectPart(await range("0-49", { "Cache-Control": "max-stale" }), it, 0, 49, "STALE");
    expect(asked()).toHaveLength(1);
  });
});

/** In the log, as what came of a request and as why the origin was asked, and among what requests did beside. */
function told(): readonly ReasonName[] {
  const inLog = proxy.served.flatMap(({ reason, forwarded }) => [reason, ...(forwarded ? [forwarded] : [])]);
  return [...inLog, ...proxy.effects.map(([reason]) => reason)];
}

type PartialReason = Extract<(typeof whileServing)[number], `partial-${string}`>;
const causes: Record<PartialReason, () => Promise<unknown>> = {
  "partial-hit": async () => {
    await before(serving(video()));
    await range("0-9");
    await range("0-19");
  },
  "partial-miss": async () => {
    await before(serving(video({ "Cache-Control": "max-age=60" })));
    await range("0-9");
    await range("0-19");
  },
  "partial-changed": async () => {
    await before(serving(video()));
    await range("0-9");
    proxy.origin.answer(serving(video({ ...strong, ETag: '"v2"' })));
    await range("0-19");
  },
  "partial-of-small": async () => {
    await before(serving(video(strong, 100)), { rangeFill: 100 });
    await range("0-9");
  },
};

test.each(Object.entries(causes))("%s occurs, and is told", async (reason, cause) => {
  await cause();
  expect(told()).toContain(reason as ReasonName);
});

test("what has taken the place of pieces is stored, however long the origin took", async () => {
  await before(serving(video()));
  await range("0-9");
  proxy.origin.answer((exchange) => {
    proxy.advance(1);
    return void exchange.respond(200, { ...strong, ETag: '"v2"' }, "another");
  });
  await range("0-19");
  const answer = await proxy.get("/video");
  expect([cacheWord(answer), answer.text]).toEqual(["HIT", "another"]);
});

describe("a range of something small", () => {
  const small = 100_000;

  async function untilHit(): Promise<RawResponse> {
    for (;;) {
      const answer = await proxy.get("/video", onlyIfCached);
      if (answer.status === 200) return answer;
    }
  }

  test("is passed on, and the whole is fetched once in the background", async () => {
    const it = video(strong, small);
    await before(serving(it), { rangeFill: small });
    const answers = await Promise.all(Array.from({ length: 10 }, () => range("10-19")));
    for (const answer of answers)
      expect([answer.status, answer.text]).toEqual([206, part(it, 10, 19).toString("latin1")]);
    expect(answers.map(reasonOf)).toContain("partial-of-small");
    expectWhole(await untilHit(), it, "HIT");
    expect(asked().filter((one) => one === null)).toHaveLength(1);
    expectPart(await range("-5"), it, small - 5, small - 1, "HIT");
  });

  test("a byte larger is stored as a piece", async () => {
    await before(serving(video(strong, small + 1)), { rangeFill: small });
    expect(reasonOf(await range("10-19"))).toBe("stored-piece");
    expect(asked()).toEqual(["bytes=10-19"]);
  });

  test("that is all of it is stored as it comes", async () => {
    const it = video(strong, small);
    await before(serving(it), { rangeFill: small });
    expectPart(await range("0-"), it, 0, small - 1, "MISS");
    expectWhole(await proxy.get("/video"), it, "HIT");
    expect(asked()).toEqual(["bytes=0-"]);
  });

  test("whose whole may not be stored is fetched in the background no more for a while", async () => {
    const it = video(strong, small);
    const parts = serving(it);
    await before(
      (exchange) =>
        exchange.request.field("range") === null
          ? void exchange.respond(200, { "Cache-Control": "no-store" }, it.bytes)
          : parts(exchange),
      { rangeFill: small },
    );
    await range("0-9");
    await proxy.origin.untilExchange(2);
    while (!proxy.context.flights.isUnshared(keyOf("/video"), "anonymous")) await new Promise(setImmediate);
    await range("0-9");
    await range("0-9");
    expect(asked()).toEqual(["bytes=0-9", null, "bytes=0-9", "bytes=0-9"]);
  });
});
