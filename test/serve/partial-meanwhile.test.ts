import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ordinaryRefusals, StoreError } from "../../src/store/tier.ts";
import type { Exchange } from "../fixtures/origin.ts";
import type { RawResponse } from "../fixtures/raw-client.ts";
import { passedDeadlines } from "../fixtures/hand-deadlines.ts";
import { type Representation, serving } from "../fixtures/representation.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { bytesOf } from "../store/samples.ts";
import { beginning, cacheWord, keyOf, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

/** Pieces that become others, a whole, or nothing, while a request that wants them waits for the origin. */

const size = 400_000;
const strong = { "Cache-Control": "max-age=60", "Content-Type": "video/mp4", ETag: '"v1"' };

let directory: TestDirectory;
let proxy: TestProxy;
let film: Representation;
let troubles: unknown[];
beforeEach(async () => {
  film = { bytes: bytesOf(size), fields: strong };
  directory = createDirectory();
  await open();
});

/** A proxy on the directory, instead of the one there was. */
async function open(): Promise<void> {
  troubles = [];
  const onTrouble = (trouble: unknown) => troubles.push(trouble);
  const store = directory.open({ now: () => proxy?.now() ?? beginning, onTrouble });
  proxy = await startProxy((exchange) => serving(film)(exchange), { store, collecting: passedDeadlines });
}
afterEach(async () => {
  await proxy.stop();
  await directory.dispose();
});

function range(wanted: string, fields: Record<string, string> = {}): Promise<RawResponse> {
  return proxy.get("/film", { Range: `bytes=${wanted}`, ...fields });
}

/** Asks, and does something while the origin holds back its answer to the next request that is meant. */
async function meanwhile(
  asking: () => Promise<RawResponse>,
  isMeant: (exchange: Exchange) => boolean,
  doing: () => Promise<unknown>,
  answer: (exchange: Exchange) => void | Promise<void> = (exchange) => serving(film)(exchange),
): Promise<RawResponse> {
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let isHeld = false;
  proxy.origin.answer(async (exchange) => {
    if (isHeld || !isMeant(exchange)) return await serving(film)(exchange);
    isHeld = true;
    held.resolve();
    await release.promise;
    await answer(exchange);
  });
  const answered = asking();
  await held.promise;
  await doing();
  release.resolve();
  return await answered;
}

const isRange = (wanted: string) => (exchange: Exchange) => exchange.request.field("range") === wanted;
const anything = () => true;

function expectPart(answer: RawResponse, first: number, last: number, of = film): void {
  expect([answer.status, answer.complete]).toEqual([206, true]);
  expect(answer.field("content-range")).toBe(`bytes ${first}-${last}/${of.bytes.length}`);
  expect(Buffer.compare(answer.body, of.bytes.subarray(first, last + 1))).toBe(0);
}

function expectWhole(answer: RawResponse, of = film): void {
  expect([answer.status, answer.complete]).toEqual([200, true]);
  expect(Buffer.compare(answer.body, of.bytes)).toBe(0);
}

/** That a piece came too late to be stored is none. */
function expectNoTrouble(): void {
  const isRefusal = (error: unknown) => error instanceof StoreError && ordinaryRefusals.has(error.code);
  expect([...proxy.errors, ...troubles].filter((error) => !isRefusal(error))).toEqual([]);
}

const removal = () => proxy.context.store.remove({ by: "all" });

describe("a gap stays the one that was asked for", () => {
  test.each([
    ["its first half", ["0-49999"]],
    ["its second half", ["50000-99999"]],
    ["its middle", ["30000-59999"]],
    ["all of it", ["0-99999"]],
    ["some of a later one", ["250000-269999"]],
    ["several parts of all gaps", ["10000-19999", "90000-209999", "380000-399999"]],
    ["all there was to fetch", ["0-99999", "200000-399999"]],
  ])("when another client brings %s meanwhile", async (_, others) => {
    await range("100000-199999");
    const ofAll = [() => range("0-399999"), () => proxy.get("/film")];
    for (const [index, asking] of ofAll.entries()) {
      const answer = await meanwhile(asking, isRange("bytes=0-99999"), async () => {
        for (const other of others) await range(other);
      });
      if (index === 0) expectPart(answer, 0, size - 1);
      else expectWhole(answer);
      expectPart(await range("0-399999"), 0, size - 1);
      await removal();
      await range("100000-199999");
    }
    expectNoTrouble();
  });

  test("when all is removed meanwhile: what was held is still read", async () => {
    await range("100000-199999");
    expectPart(await meanwhile(() => range("0-299999"), anything, removal), 0, 299_999);
    await removal();
    await range("100000-199999");
    expectWhole(await meanwhile(() => proxy.get("/film"), anything, removal));
    expectNoTrouble();
  });

  test("for many clients of ranges that overlap", async () => {
    const starts = Array.from({ length: 60 }, (_, index) => (index * 61_003) % 350_000);
    const answers = await Promise.all(starts.map((start) => range(`${start}-${start + 49_999}`)));
    for (const [index, start] of starts.entries()) {
      const answer = answers[index];
      if (answer !== undefined) expectPart(answer, start, start + 49_999);
    }
    expectNoTrouble();
  });
});

describe("a confirmation comes", () => {
  beforeEach(async () => {
    await range("0-99999");
    proxy.advance(61);
  });

  test("for pieces that were removed meanwhile: the origin is asked for the bytes", async () => {
    const answer = await meanwhile(() => range("0-49999"), anything, removal);
    expectPart(answer, 0, 49_999);
    expect(cacheWord(answer)).toBe("MISS");
  });

  test("for pieces that became a whole meanwhile: it answers", async () => {
    const answer = await meanwhile(
      () => range("0-49999"),
      anything,
      async () => {
        await range("100000-399999");
        await range("0-399999");
        // Pieces become a whole when the one who asked for the last of them has been answered.
        while ((await proxy.context.store.find(keyOf("/film"))).length === 0) await new Promise(setImmediate);
      },
    );
    expectPart(answer, 0, 49_999);
    expect(cacheWord(answer)).toBe("HIT");
  });

  test("with no-store: the answer is right all the same, and nothing stays", async () => {
    film.fields = { ...strong, "Cache-Control": "no-store" };
    expectPart(await range("0-49999"), 0, 49_999);
    expect((await range("0-49999", { "Cache-Control": "only-if-cached" })).status).toBe(504);
  });
});

describe("an origin fails", () => {
  const seldom = { ...strong, "Cache-Control": "max-age=60, stale-if-error=600" };
  const failing: readonly [string, (exchange: Exchange) => void | Promise<void>, number][] = [
    ["answers 503", ({ respond }) => void respond(503, {}, "down"), 503],
    ["breaks off", (exchange) => exchange.reset(), 502],
  ];

  test.each(failing)(
    "and %s: what was removed meanwhile does not stand in for it",
    async (_, fail, status) => {
      film.fields = seldom;
      const failsFromNowOn = async () => proxy.origin.answer(fail);
      for (const bring of [() => range("0-99999"), () => proxy.get("/film")]) {
        await bring();
        proxy.advance(61);
        const asking = () => range("0-49999");
        const stale = await meanwhile(asking, anything, failsFromNowOn, fail);
        expectPart(stale, 0, 49_999);
        expect(cacheWord(stale)).toBe("STALE");
        // Long enough for it not to be remembered that the origin failed.
        proxy.advance(120);
        const doing = () => removal().then(failsFromNowOn);
        expect((await meanwhile(asking, anything, doing, fail)).status).toBe(status);
        proxy.origin.answer(serving(film));
      }
    },
  );
});

/** RFC 9110 §13.1.5: who names the former date has a right to the whole. */
describe("an If-Range by a date that the origin has changed meanwhile, not the bytes", () => {
  const former = "Wed, 31 Dec 2025 10:00:00 GMT";
  const later = "Wed, 31 Dec 2025 11:00:00 GMT";
  const at = (lastModified: string, minutes: number) => ({
    ...strong,
    "Last-Modified": lastModified,
    Date: new Date(beginning + minutes * 60_000).toUTCString(),
  });

  beforeEach(async () => {
    film.fields = at(former, 0);
    await range("100000-199999");
  });

  test("shows in a 304: no byte that is not held is sent for one", async () => {
    proxy.advance(120);
    film.fields = at(later, 2);
    expectWhole(await range("100000-149999", { "If-Range": former }));
  });

  test("shows in a 304: what is wanted only now is compared with its checksum first", async () => {
    await range("300000-349999");
    const [found] = (await proxy.context.store.pieces?.find(keyOf("/film"))) ?? [];
    const path = found?.path ?? "";
    await proxy.stop();
    const bytes = await Bun.file(path).bytes();
    bytes[320_000] = (bytes[320_000] ?? 0) ^ 1;
    await Bun.write(path, bytes);
    await open();
    proxy.advance(120);
    film.fields = at(later, 2);
    expectWhole(await range("100000-149999", { "If-Range": former }));
    expect(troubles).toMatchObject([{ code: "WRONG_CHECKSUM" }]);
  });

  test("shows in the first gap: the range is not stored as the whole", async () => {
    film.fields = at(later, 1);
    expectPart(await range("50000-149999", { "If-Range": former }), 50_000, 149_999);
    expectWhole(await proxy.get("/film"));
  });

  test("shows in a 304 to who asks for nothing but the news", async () => {
    film.fields = { "Cache-Control": "max-age=60", "Last-Modified": former, Date: at(former, 0).Date };
    await removal();
    await range("100000-199999");
    proxy.advance(120);
    film.fields = { ...film.fields, "Last-Modified": later };
    let confirmations = 0;
    proxy.origin.answer(async (exchange) => {
      if (confirmations++ > 0) return await serving(film)(exchange);
      const lines = Object.entries(film.fields).map(([name, value]) => `${name}: ${value}\r\n`);
      await exchange.send(`HTTP/1.1 304 Not Modified\r\n${lines.join("")}\r\n`);
    });
    expectPart(await range("0-49999", { "If-Modified-Since": former }), 0, 49_999);
  });
});

test("pieces that a 304 gives another Vary are found by requests like the one that it answered, and by no others", async () => {
  await range("100000-199999");
  proxy.advance(61);
  film.fields = { ...strong, Vary: "X-Kind" };
  expectPart(await range("100000-149999", { "X-Kind": "a" }), 100_000, 149_999);
  expect(cacheWord(await range("100000-149999", { "X-Kind": "a" }))).toBe("HIT");
  expect(cacheWord(await range("100000-149999", { "X-Kind": "b" }))).toBe("MISS");
});

test("a 304 that names another tag confirms no pieces: they go, and the origin is asked anew", async () => {
  await range("100000-199999");
  proxy.advance(61);
  film = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
  proxy.origin.answer(async (exchange) => {
    if (exchange.request.field("if-none-match") === null) return await serving(film)(exchange);
    await exchange.send('HTTP/1.1 304 Not Modified\r\nETag: "v2"\r\n\r\n');
  });
  expectPart(await range("100000-149999"), 100_000, 149_999);
  expect(proxy.effects).toContainEqual(["partial-changed", 1]);
});

test("what has taken the place of the pieces stays when one more request learns that they are of the past", async () => {
  await range("100000-199999");
  const young: Representation = { bytes: bytesOf(size, 7), fields: { ...strong, ETag: '"v2"' } };
  const first = await meanwhile(
    () => range("0-199999"),
    isRange("bytes=0-99999"),
    async () => {
      film = young;
      expectWhole(await range("150000-299999"));
    },
  );
  expectWhole(first);
  const hit = await range("0-9");
  expectPart(hit, 0, 9);
  expect([cacheWord(hit), reasonOf(hit)]).toEqual(["HIT", "hit-fresh"]);
  expect(proxy.effects.filter(([reason]) => reason === "partial-changed")).toHaveLength(1);
});
