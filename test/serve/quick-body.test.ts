import { afterEach, describe, expect, test } from "bun:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createTransit, type Transit } from "../../src/serve/answer/transit.ts";
import { createHandDeadlines, type HandDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { type Representation, serving } from "../fixtures/representation.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { bytesOf } from "../store/samples.ts";
import { beginning, cacheWord, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

/** Bun's server sends every stream in chunks: a body has its length when it has come whole before it is sent. */

const megabyte = 1024 * 1024;
let proxy: TestProxy;
let directory: TestDirectory | undefined;
let collecting: HandDeadlines;
let transit: Transit;
afterEach(async () => {
  await proxy.stop();
  await directory?.dispose();
});

async function before(script: Script, mostBytes = 64 * megabyte, overrides?: ProxyOverrides): Promise<void> {
  directory = createDirectory();
  collecting = createHandDeadlines();
  transit = createTransit(mostBytes);
  const disk = directory.open({ now: () => beginning });
  proxy = await startProxy(script, { disk, collecting, transit, ...overrides });
}

interface Kind {
  readonly method: string;
  readonly request: Record<string, string>;
  readonly head: (size: number) => string;
}

const stored = "Cache-Control: max-age=60\r\n";
const kinds: readonly (readonly [string, Kind])[] = [
  [
    "for the store",
    { method: "GET", request: {}, head: () => `200 OK\r\n${stored}Content-Type: text/plain` },
  ],
  ["for the store, untyped", { method: "GET", request: {}, head: () => `200 OK\r\n${stored}X-Type: none` }],
  [
    "for the store, of a download's type",
    { method: "GET", request: {}, head: () => `200 OK\r\n${stored}Content-Type: application/zip` },
  ],
  [
    "not for the store",
    {
      method: "GET",
      request: {},
      head: () => "200 OK\r\nCache-Control: no-store\r\nContent-Type: image/png",
    },
  ],
  [
    "not for the store, untyped",
    { method: "GET", request: {}, head: () => "200 OK\r\nCache-Control: no-store" },
  ],
  ["of a POST", { method: "POST", request: { "Content-Length": "0" }, head: () => "200 OK\r\nX-Type: none" }],
  [
    "of a range",
    {
      method: "GET",
      request: { Range: "bytes=0-" },
      head: (size) =>
        `206 Partial Content\r\n${stored}ETag: "v1"\r\nContent-Range: bytes 0-${size - 1}/${size + 1}`,
    },
  ],
];

async function fetched({ method, request }: Kind): Promise<RawResponse> {
  const answer = await ask(proxy.port, requestText(method, "/page", request));
  while (transit.bytes > 0) await nextTurn();
  return answer;
}

/** Whether it has its length; it must be whole in any case. */
function hasLength(answer: RawResponse, body: Uint8Array): boolean {
  expect([answer.complete, answer.body.byteLength]).toEqual([true, body.byteLength]);
  expect(Bun.hash(answer.body)).toBe(Bun.hash(body));
  const length = answer.field("content-length");
  if (length !== null) expect([length, answer.framing]).toEqual([`${body.byteLength}`, "length"]);
  return length !== null;
}

describe.each(kinds)("a body %s", (_, kind) => {
  const whole = (body: Uint8Array): Script => {
    return async ({ send }) => {
      await send(`HTTP/1.1 ${kind.head(body.byteLength)}\r\nContent-Length: ${body.byteLength}\r\n\r\n`);
      await send(body);
    };
  };

  test.each([100, 100_000, 400_000, 3 * megabyte, 8 * megabyte])(
    "of %i bytes that comes quickly has its length",
    async (size) => {
      const body = bytesOf(size);
      await before(whole(body));
      expect(hasLength(await fetched(kind), body)).toBe(true);
    },
  );

  test("of more than 8 MB is sent while it comes", async () => {
    const body = bytesOf(8 * megabyte + 1);
    await before(whole(body));
    const answer = await fetched(kind);
    expect(hasLength(answer, body)).toBe(false);
    expect(answer.field("content-disposition")).toBeNull();
  });

  test("that does not come whole in time is sent while it comes", async () => {
    const body = bytesOf(2 * megabyte);
    const rest = Promise.withResolvers<void>();
    await before(async ({ send }) => {
      await send(`HTTP/1.1 ${kind.head(body.byteLength)}\r\nContent-Length: ${body.byteLength}\r\n\r\n`);
      await send(body.subarray(0, megabyte));
      await rest.promise;
      await send(body.subarray(megabyte));
    });
    const answer = fetched(kind);
    await collecting.untilRunning(1);
    collecting.pass();
    rest.resolve();
    expect(hasLength(await answer, body)).toBe(false);
  });
});

describe("when there is no room to collect it", () => {
  const body = bytesOf(3 * megabyte);

  test("a body that is not stored is sent while it comes", async () => {
    await before(async ({ send }) => {
      await send(`HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: ${body.byteLength}\r\n\r\n`);
      await send(body);
    }, megabyte);
    const answer = await ask(proxy.port, requestText("GET", "/page"));
    expect(hasLength(answer, body)).toBe(false);
    expect(transit.bytes).toBe(0);
  });

  test("one on its way into the store needs none: it is sent from there", async () => {
    await before(async ({ send }) => {
      await send(`HTTP/1.1 200 OK\r\n${stored}Content-Length: ${body.byteLength}\r\n\r\n`);
      await send(body);
    }, 1000);
    const answer = await ask(proxy.port, requestText("GET", "/page"));
    expect(answer.text.length).toBe(body.byteLength);
    expect(transit.bytes).toBe(0);
  });
});

test("a body that breaks off while it is collected is a 502, not a part of it", async () => {
  await before(async ({ send, reset }) => {
    await send("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 2000000\r\n\r\n");
    await send(bytesOf(megabyte));
    await collecting.untilRunning(1);
    reset();
  });
  expect((await proxy.get("/page")).status).toBe(502);
  expect(transit.bytes).toBe(0);
});

test.each([
  ["a part of it", { Range: "bytes=400000-1200000" }],
  ["all of it", {}],
])(
  "a representation that changes while an answer is collected, of what is held and what is missing, is asked for anew: %s",
  async (_, request) => {
    const film = (seed: number): Representation => ({
      bytes: bytesOf(2_000_000, seed),
      fields: { "Cache-Control": "max-age=60", "Content-Type": "video/mp4", ETag: `"v${seed}"` },
    });
    const [old, young] = [film(1), film(2)];
    await before(serving(old));
    await proxy.get("/film", { Range: "bytes=500000-999999" });
    let requests = 0;
    proxy.origin.answer((exchange) => serving(requests++ === 0 ? old : young)(exchange));
    const answer = await proxy.get("/film", request);
    const isPart = "Range" in request;
    expect([answer.status, answer.complete]).toEqual([isPart ? 206 : 200, true]);
    const expected = isPart ? young.bytes.subarray(400_000, 1_200_001) : young.bytes;
    expect(Buffer.compare(answer.body, expected)).toBe(0);
  },
);

test("what was stored untyped has its length up to 8 MB, when it is read from its file", async () => {
  for (const [size, expected] of [
    [8 * megabyte, true],
    [8 * megabyte + 1, false],
  ] as const) {
    const body = bytesOf(size);
    await before(async ({ send }) => {
      await send(`HTTP/1.1 200 OK\r\n${stored}Content-Length: ${size}\r\n\r\n`);
      await send(body);
    });
    await proxy.get("/page");
    const hit = await proxy.get("/page");
    expect([cacheWord(hit), hit.field("content-type"), hasLength(hit, body)]).toEqual([
      "HIT",
      null,
      expected,
    ]);
    while (transit.bytes > 0) await nextTurn();
    if (expected) await proxy.stop();
  }
});

test("who reads along with one that has come whole by then has its length, too", async () => {
  const body = bytesOf(3 * megabyte);
  const rest = Promise.withResolvers<void>();
  await before(async ({ send }) => {
    await send(
      `HTTP/1.1 200 OK\r\n${stored}Content-Type: text/plain\r\nContent-Length: ${body.byteLength}\r\n\r\n`,
    );
    await send(body.subarray(0, megabyte));
    await rest.promise;
    await send(body.subarray(megabyte));
  });
  const answers = [proxy.get("/page"), proxy.get("/page")];
  await collecting.untilRunning(2);
  rest.resolve();
  const [one, other] = await Promise.all(answers);
  for (const answer of [one, other]) expect(answer !== undefined && hasLength(answer, body)).toBe(true);
  expect([one, other].map((answer) => answer && cacheWord(answer)).sort()).toEqual(["COLLAPSED", "MISS"]);
  expect(proxy.origin.requests.length).toBe(1);
});
