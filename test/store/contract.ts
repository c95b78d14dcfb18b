import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  type Found,
  type Selector,
  type Tier,
  StoreError,
  storedAs,
  type Writer,
} from "../../src/store/tier.ts";
import {
  bytesOf,
  createClock,
  newResponse,
  order,
  policy,
  put,
  readBody,
  type TestClock,
} from "./samples.ts";

export interface Opened {
  readonly store: Tier;
  /** Names of all files of bodies there are; empty for a store without files. */
  readonly files: () => string[];
  /** Undoes everything, the store closed or not. */
  readonly dispose: () => Promise<void>;
}

/** Room for some dozens of bodies of `bigBytes`; a larger one may be refused. */
export const contractBytes = 64 * 1024 * 1024;
const bigBytes = 300_001;

async function rejection(promise: Promise<unknown> | undefined): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What every store promises, whatever it is made of. */
export function describeStore(name: string, open: (clock: TestClock) => Promise<Opened>): void {
  describe(`${name}: the contract of every store`, () => {
    let clock: TestClock;
    let opened: Opened;
    let store: Tier;

    beforeEach(async () => {
      clock = createClock();
      opened = await open(clock);
      store = opened.store;
    });
    afterEach(async () => {
      await opened.dispose();
    });

    const bodies: [string, number, number][] = [
      ["an empty body", 0, 1],
      ["one byte", 1, 1],
      ["a body in many small chunks", 3000, 7],
      ["a body of exactly one block", 65_536, 65_536],
      ["a body of one block and a byte", 65_537, 1000],
      ["a body of several blocks in one chunk", bigBytes, bigBytes],
      ["a body of several blocks in odd chunks", bigBytes, 10_007],
    ];
    test.each(bodies)("%s is found as it was written", async (_, length, chunkBytes) => {
      const body = bytesOf(length);
      const committed = await put(store, {}, body, chunkBytes);
      const [found, ...others] = await store.find(committed.response.primaryKey);
      expect(others).toEqual([]);
      const { id } = committed.response;
      expect(found?.response).toEqual(storedAs(newResponse(), id, length, expect.any(Number)));
      expect(await readBody(found as Found)).toEqual(body);
      expect(await readBody(committed)).toEqual(body);
    });

    test("a body whose length nobody announced is found as it was written", async () => {
      const body = bytesOf(100_000);
      const writer = await store.write(newResponse());
      for (let start = 0; start < body.byteLength; start += 9000) {
        await writer.write(body.subarray(start, start + 9000));
      }
      expect(await readBody(await writer.commit())).toEqual(body);
      writer.release();
    });

    test("a body in memory fills its buffer, so that it can be sent without a copy", async () => {
      const { body } = await put(store, {}, bytesOf(1000), 300);
      if (body.kind === "memory") expect(body.bytes.buffer.byteLength).toBe(1000);
    });

    test.each([
      ["an empty body", 0],
      ["one byte", 1],
      ["a body of exactly one block", 65_536],
      ["a body larger than a block", 65_537],
    ])("%s that is put whole is found as it was put, in place of what had its keys", async (_, length) => {
      const former = await put(store, {}, bytesOf(50, 2));
      const entered = await store.put(newResponse(), bytesOf(length));
      expect(await readBody(entered)).toEqual(bytesOf(length));
      const found = await store.find(newResponse().primaryKey);
      expect(found.map(({ response }) => response)).toEqual([entered.response]);
      expect(await readBody(found[0] as Found)).toEqual(bytesOf(length));
      const { id } = entered.response;
      expect(entered.response).toEqual(storedAs(newResponse(), id, length, expect.any(Number)));
      expect(id).not.toBe(former.response.id);
    });

    test("what is put is freshened, kept for another request and removed like any other", async () => {
      const { response } = await store.put(newResponse(), bytesOf(100));
      await store.freshen(response, [["n", "1"]], policy(), order.next());
      await store.copyAs("br", response, [["n", "2"]], policy(), order.next());
      const found = await store.find(response.primaryKey);
      expect(found.map((each) => each.response.fields)).toEqual([[["n", "2"]], [["n", "1"]]]);
      expect(await store.remove({ by: "all" })).toBe(2);
      expect(await store.find(response.primaryKey)).toEqual([]);
    });

    test("what was asked for before a removal that names it is not put", async () => {
      const entry = newResponse();
      await store.remove({ by: "key", primaryKey: entry.primaryKey });
      const putting = async () => await store.put(entry, bytesOf(10));
      expect(await rejection(putting())).toMatchObject({ name: "StoreError", code: "OVERTAKEN" });
      expect(await store.find(entry.primaryKey)).toEqual([]);
      await store.put(newResponse(), bytesOf(10));
      expect(await store.find(entry.primaryKey)).toHaveLength(1);
    });

    test("a chunk may be reused once the write is done", async () => {
      const writer = await store.write(newResponse());
      const chunk = new Uint8Array([1, 2, 3]);
      await writer.write(chunk);
      chunk.fill(9);
      await writer.write(chunk);
      expect(await readBody(await writer.commit())).toEqual(new Uint8Array([1, 2, 3, 9, 9, 9]));
    });

    test("what was not stored is not found", async () => {
      await put(store);
      expect(await store.find("/other a.example")).toEqual([]);
      expect(await store.find("")).toEqual([]);
    });

    test.each([
      ["a NUL", "GET http://a.example/\0x", "GET http://a.example/"],
      ["characters beyond ASCII", "GET http://a.example/ä😀", "GET http://a.example/ä"],
      ["another case", "GET http://a.example/A", "/a a.example"],
      ["a space at its end", "GET http://a.example/ ", "GET http://a.example/"],
    ])("a key with %s is a key of its own", async (_, primaryKey, other) => {
      await put(store, { primaryKey });
      expect(await store.find(primaryKey)).toHaveLength(1);
      expect(await store.find(other)).toEqual([]);
    });

    test("what is still being written is not found", async () => {
      const writer = await store.write(newResponse());
      await writer.write(bytesOf(100));
      expect(await store.find(newResponse().primaryKey)).toEqual([]);
      await writer.abort();
    });

    test.each([
      ["small", 100],
      ["large", bigBytes],
    ])("abort leaves nothing of a %s body", async (_, length) => {
      const writer = await store.write(newResponse());
      await writer.write(bytesOf(length));
      await writer.abort();
      expect(await store.find(newResponse().primaryKey)).toEqual([]);
      expect(opened.files()).toEqual([]);
    });

    test("abort without a byte, and twice, does no harm", async () => {
      const writer = await store.write(newResponse());
      await writer.abort();
      await writer.abort();
      expect(await store.find(newResponse().primaryKey)).toEqual([]);
    });

    test("abort waits for the write under way and leaves nothing", async () => {
      const writer = await store.write(newResponse());
      const writing = writer.write(bytesOf(bigBytes));
      await writer.abort();
      await writing;
      expect(opened.files()).toEqual([]);
    });

    test("abort after commit takes nothing back", async () => {
      const writer = await store.write(newResponse());
      await writer.commit();
      await writer.abort();
      expect(await store.find(newResponse().primaryKey)).toHaveLength(1);
    });

    const wrongOrders: [
      string,
      (writer: Writer) => Promise<unknown>,
      (writer: Writer) => Promise<unknown> | undefined,
    ][] = [
      ["write after commit", (writer) => writer.commit(), (writer) => writer.write(bytesOf(1))],
      ["commit after commit", (writer) => writer.commit(), (writer) => writer.commit()],
      ["write after abort", (writer) => writer.abort(), (writer) => writer.write(bytesOf(1))],
      ["commit after abort", (writer) => writer.abort(), (writer) => writer.commit()],
      ["read after abort", (writer) => writer.abort(), (writer) => writer.read(0, 1)],
    ];
    test.each(wrongOrders)("%s is refused", async (_, first, then) => {
      const writer = await store.write(newResponse());
      await first(writer);
      const error = await rejection(then(writer));
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).code).toBe("MISUSE");
    });

    test("a second write before the first is done is refused, and the first is kept", async () => {
      const writer = await store.write(newResponse());
      const first = writer.write(bytesOf(bigBytes));
      const isDone = first === undefined;
      const refusal = await rejection(writer.write(bytesOf(5)));
      if (isDone) expect(refusal).toBeUndefined();
      else expect(refusal).toMatchObject({ code: "MISUSE" });
      await first;
      expect((await writer.commit()).response.size).toBe(bigBytes + (isDone ? 5 : 0));
      writer.release();
    });

    test.each([
      ["longer", 11, "write"],
      ["shorter", 9, "commit"],
    ])("a body %s than announced is not stored", async (_, length) => {
      const writer = await store.write(newResponse(), 10);
      const storing = async () => {
        await writer.write(bytesOf(length));
        await writer.commit();
      };
      const outcome = await rejection(storing());
      expect(outcome).toMatchObject({ name: "StoreError", code: "WRONG_SIZE" });
      await writer.abort();
      expect(await store.find(newResponse().primaryKey)).toEqual([]);
      expect(opened.files()).toEqual([]);
    });

    test.each([
      ["small", 5000],
      ["large", bigBytes],
    ])("a %s body is read back while it is written, and until release", async (_, length) => {
      const body = bytesOf(length);
      const half = Math.floor(length / 2);
      const writer = await store.write(newResponse(), length);
      const readAll = async (end: number): Promise<Uint8Array> => {
        const parts: Uint8Array[] = [];
        let offset = 0;
        while (offset < end) {
          const part = await writer.read(offset, 70_000);
          expect(part.byteLength).toBeGreaterThan(0);
          parts.push(part);
          offset += part.byteLength;
        }
        return Buffer.concat(parts);
      };
      await writer.write(body.subarray(0, half));
      expect(Buffer.compare(await readAll(half), body.subarray(0, half))).toBe(0);
      expect((await writer.read(half, 10)).byteLength).toBe(0);
      await writer.write(body.subarray(half));
      await writer.commit();
      await store.remove({ by: "all" });
      expect(Buffer.compare(await readAll(length), body)).toBe(0);
      writer.release();
      expect(await rejection(writer.read(0, 1))).toMatchObject({ code: "MISUSE" });
    });

    test("bytes read back are the reader's own", async () => {
      const writer = await store.write(newResponse());
      await writer.write(new Uint8Array([1, 2, 3]));
      (await writer.read(0, 3)).fill(9);
      expect(await readBody(await writer.commit())).toEqual(new Uint8Array([1, 2, 3]));
      writer.release();
    });

    test("a commit refused because its response was removed can still be read back", async () => {
      const writer = await store.write(newResponse());
      await writer.write(bytesOf(bigBytes));
      await store.remove({ by: "all" });
      expect(await rejection(writer.commit())).toMatchObject({ code: "OVERTAKEN" });
      expect(await store.find(newResponse().primaryKey)).toEqual([]);
      expect((await writer.read(0, 10)).subarray(0, 10)).toEqual(bytesOf(10));
      writer.release();
    });

    test("a response replaces the one with its keys, and has another id", async () => {
      const before = await put(store, { status: 404 }, bytesOf(10, 1));
      clock.advance(5);
      const after = await put(store, {}, bytesOf(20, 2));
      expect(after.response.id).not.toBe(before.response.id);
      const found = await store.find(newResponse().primaryKey);
      expect(found.map(({ response }) => response)).toEqual([after.response]);
      expect(await readBody(found[0] as Found)).toEqual(bytesOf(20, 2));
    });

    test("of writers on one key the last to commit is found, whole", async () => {
      const writers = await Promise.all(
        [1, 2, 3].map(() => store.write(newResponse({ primaryKey: "/busy a.example" }))),
      );
      for (let round = 0; round < 5; round++) {
        await Promise.all(writers.map((writer, seed) => writer.write(bytesOf(40_000, seed + 10 * round))));
      }
      const [first, second, third] = writers as [Writer, Writer, Writer];
      await third.commit();
      await first.commit();
      const last = await second.commit();
      const found = await store.find("/busy a.example");
      expect(found.map(({ response }) => response.id)).toEqual([last.response.id]);
      const whole = Buffer.concat([0, 1, 2, 3, 4].map((round) => bytesOf(40_000, 1 + 10 * round)));
      expect(Buffer.compare(await readBody(found[0] as Found), whole)).toBe(0);
      for (const writer of writers) writer.release();
    });

    test("variants lie side by side, the newest first", async () => {
      for (const variantKey of ["a", "b", "c"]) {
        await put(store, { variantKey });
        clock.advance(1);
      }
      await put(store, { variantKey: "a" });
      const found = await store.find(newResponse().primaryKey);
      expect(found.map(({ response }) => response.variantKey)).toEqual(["a", "c", "b"]);
    });

    test("who looks sees what would be found", async () => {
      for (const variantKey of ["a", "b"]) await put(store, { variantKey });
      const { primaryKey } = newResponse();
      const found = await store.find(primaryKey);
      const seen = await store.look(primaryKey);
      expect(seen.map(({ response }) => response)).toEqual(found.map(({ response }) => response));
      expect(await store.look("/other a.example")).toEqual([]);
      await store.remove({ by: "key", primaryKey });
      expect(await store.look(primaryKey)).toEqual([]);
    });

    test("beyond 32 variants of a key the oldest go", async () => {
      for (let i = 0; i < 40; i++) {
        await put(store, { variantKey: `v${i}` });
        clock.advance(1);
      }
      const found = await store.find(newResponse().primaryKey);
      expect(found.map(({ response }) => response.variantKey)).toEqual(
        Array.from({ length: 32 }, (_, i) => `v${39 - i}`),
      );
    });

    test("freshen gives the same body other fields and another policy", async () => {
      const { response } = await put(store, {}, bytesOf(500));
      clock.advance(1000);
      const freshPolicy = policy({ freshnessLifetime: 7 });
      const freshened = await store.freshen(response, [["x", "y"]], freshPolicy, order.next());
      const expected = {
        ...response,
        fields: [["x", "y"] as const],
        policy: freshPolicy,
        version: expect.any(Number),
      };
      expect(freshened?.response).toEqual(expected);
      const found = await store.find(response.primaryKey);
      expect(found.map((entry) => entry.response)).toEqual([expected]);
      expect(await readBody(found[0] as Found)).toEqual(bytesOf(500));
    });

    test("what was freshened is freshened again", async () => {
      const { response } = await put(store);
      const once = await store.freshen(response, [["n", "1"]], policy(), order.next());
      await store.freshen((once as Found).response, [["n", "2"]], policy(), order.next());
      const [found] = await store.find(response.primaryKey);
      expect(found?.response.fields).toEqual([["n", "2"]]);
    });

    test("freshening what was replaced or removed changes nothing", async () => {
      const before = await put(store, {}, bytesOf(10));
      const after = await put(store, {}, bytesOf(20));
      expect(await store.freshen(before.response, [], policy(), order.next())).toBeUndefined();
      expect((await store.find(before.response.primaryKey))[0]?.response).toEqual(after.response);
      await store.remove({ by: "all" });
      expect(await store.freshen(after.response, [], policy(), order.next())).toBeUndefined();
      expect(await store.find(before.response.primaryKey)).toEqual([]);
    });

    describe.each([
      ["small", 500],
      ["large", bigBytes],
    ])("a %s response kept for another request as well", (_, length) => {
      const keys = (found: readonly Found[]) => found.map(({ response }) => response.variantKey).sort();

      test("is a response of its own, with the same body, and leaves the first as it was", async () => {
        const first = await put(store, { variantKey: "gzip" }, bytesOf(length));
        clock.advance(1000);
        const copyPolicy = policy({ freshnessLifetime: 7 });
        const copy = (await store.copyAs(
          "br",
          first.response,
          [["x", "y"]],
          copyPolicy,
          order.next(),
        )) as Found;
        const { id, version } = copy.response;
        expect(copy.response).toEqual({
          ...first.response,
          ...{ id, version, variantKey: "br", fields: [["x", "y"] as const], policy: copyPolicy },
        });
        expect(id).not.toBe(first.response.id);
        expect(version).toBeGreaterThan(first.response.version);
        const found = await store.find(first.response.primaryKey);
        expect(found.map(({ response }) => response)).toEqual([copy.response, first.response]);
        for (const each of [...found, copy]) expect(await readBody(each)).toEqual(bytesOf(length));
      });

      test("stays whole when the first goes, and the first when it goes", async () => {
        const { primaryKey } = newResponse();
        for (const gone of ["gzip", "br"]) {
          await store.remove({ by: "all" });
          const first = await put(store, { variantKey: "gzip" }, bytesOf(length));
          await store.copyAs("br", first.response, [], policy(), order.next());
          await store.remove({ by: "variant", primaryKey, variantKey: gone });
          const found = await store.find(primaryKey);
          expect(keys(found)).toEqual([gone === "br" ? "gzip" : "br"]);
          expect(await readBody(found[0] as Found)).toEqual(bytesOf(length));
        }
        await store.remove({ by: "all" });
        expect(opened.files()).toEqual([]);
      });

      test("takes the place of what was there for that request, and is copied and freshened like any other", async () => {
        const first = await put(store, { variantKey: "gzip" }, bytesOf(length, 1));
        await put(store, { variantKey: "br" }, bytesOf(length, 2));
        const copy = (await store.copyAs("br", first.response, [], policy(), order.next())) as Found;
        await store.copyAs("zstd", copy.response, [], policy(), order.next());
        await store.freshen(copy.response, [["n", "1"]], policy(), order.next());
        const found = await store.find(first.response.primaryKey);
        expect(keys(found)).toEqual(["br", "gzip", "zstd"]);
        for (const each of found) expect(await readBody(each)).toEqual(bytesOf(length, 1));
        const fields = found.find(({ response }) => response.variantKey === "br")?.response.fields;
        expect(fields).toEqual([["n", "1"]]);
      });

      test("is not made of what was replaced or removed", async () => {
        const before = await put(store, {}, bytesOf(length));
        const after = await put(store, {}, bytesOf(length));
        expect(await store.copyAs("br", before.response, [], policy(), order.next())).toBeUndefined();
        await store.remove({ by: "all" });
        expect(await store.copyAs("br", after.response, [], policy(), order.next())).toBeUndefined();
        expect(await store.find(after.response.primaryKey)).toEqual([]);
      });
    });

    const stored: [primaryKey: string, variantKey: string, groups: string[]][] = [
      ["/1 a.example", "", ["g"]],
      ["/1 a.example", "gzip", []],
      ["/10 a.example", "", ["g", "h"]],
      ["/2\u{10FFFF} a.example", "", []],
      ["/1 b.a.example", "", ["g"]],
      ["/1 ", "", ["g"]],
      ["/1 a.example +https", "", ["g"]],
      ["/1 a.example +cookie:lang=de +rule:x", "", []],
      ["/1 @shop a.example", "", ["g"]],
      ["/1 @shop a.example +https +rule:x", "", []],
      ["/1 @shops a.example", "", ["g"]],
      ["/1 @shop ", "", []],
      ["/1 a.example.evil", "", []],
    ];
    /** The second has a name that is no group, the others the names of their groups. */
    const tagsOf = (variantKey: string, groups: string[]) => (variantKey === "gzip" ? ["only"] : groups);
    const everywhere = { host: null, site: null };
    const removals: [Selector, number[]][] = [
      [{ by: "key", primaryKey: "/1 a.example" }, [0, 1]],
      [{ by: "variant", primaryKey: "/1 a.example", variantKey: "gzip" }, [1]],
      [{ by: "variant", primaryKey: "/1 a.example", variantKey: "br" }, []],
      [{ by: "target", target: "/1", ...everywhere }, [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
      [{ by: "target", target: "/", ...everywhere }, []],
      [{ by: "target", target: "/1", host: "a.example", site: null }, [0, 1, 6, 7, 8, 9, 10]],
      [{ by: "target", target: "/1", host: "a.example", site: "" }, [0, 1, 6, 7]],
      [{ by: "target", target: "/1", host: "a.example", site: "shop" }, [8, 9]],
      [{ by: "target", target: "/1", host: "a.example", site: "sho" }, []],
      [{ by: "target", target: "/1", host: "a", site: null }, []],
      [{ by: "target", target: "/1", host: "", site: null }, [5, 11]],
      [{ by: "target", target: "/1", host: "", site: "" }, [5]],
      [{ by: "target", target: "/1", host: "", site: "shop" }, [11]],
      [{ by: "target", target: "/1", host: null, site: "" }, [0, 1, 4, 5, 6, 7, 12]],
      [{ by: "target", target: "/1", host: null, site: "shop" }, [8, 9, 11]],
      [{ by: "prefix", targetPrefix: "/1", ...everywhere }, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
      [{ by: "prefix", targetPrefix: "/1", host: "a.example", site: null }, [0, 1, 2, 6, 7, 8, 9, 10]],
      [{ by: "prefix", targetPrefix: "/1", host: "a.example", site: "shop" }, [8, 9]],
      [{ by: "prefix", targetPrefix: "/1", host: "example", site: null }, []],
      [{ by: "prefix", targetPrefix: "/1", host: "", site: "" }, [5]],
      [{ by: "prefix", targetPrefix: "/2", ...everywhere }, [3]],
      [{ by: "prefix", targetPrefix: "/_", ...everywhere }, []],
      [{ by: "prefix", targetPrefix: "", ...everywhere }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
      [{ by: "prefix", targetPrefix: "", host: null, site: "" }, [0, 1, 2, 3, 4, 5, 6, 7, 12]],
      [{ by: "group", group: "g", host: "a.example", site: null }, [0, 2, 6, 8, 10]],
      [{ by: "group", group: "g", ...everywhere }, [0, 2, 4, 5, 6, 8, 10]],
      [{ by: "group", group: "g", host: null, site: "shop" }, [8]],
      [{ by: "group", group: "g", host: "a.example", site: "" }, [0, 2, 6]],
      [{ by: "group", group: "h", host: "b.a.example", site: null }, []],
      [{ by: "group", group: "only", ...everywhere }, []],
      [{ by: "tag", tag: "only", ...everywhere }, [1]],
      [{ by: "tag", tag: "only", host: null, site: "shop" }, []],
      [{ by: "tag", tag: "g", ...everywhere }, [0, 2, 4, 5, 6, 8, 10]],
      [{ by: "tag", tag: "g", host: "a.example", site: "" }, [0, 2, 6]],
      [{ by: "tag", tag: "G", ...everywhere }, []],
      [{ by: "glob", glob: "/1*", ...everywhere }, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
      [{ by: "glob", glob: "/*0", ...everywhere }, [2]],
      [{ by: "glob", glob: "/*", host: null, site: "shop" }, [8, 9, 11]],
      [{ by: "glob", glob: "/1/**", ...everywhere }, []],
      [{ by: "all" }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ];
    test.each(removals)("remove %j takes exactly what it names", async (selector, removed) => {
      for (const [primaryKey, variantKey, groups] of stored) {
        const tags = tagsOf(variantKey, groups);
        await put(store, { primaryKey, variantKey, policy: policy({ groups, tags }) });
      }
      expect(await store.remove(selector)).toBe(removed.length);
      for (const [i, [primaryKey, variantKey]] of stored.entries()) {
        const isThere = (await store.find(primaryKey)).some(
          ({ response }) => response.variantKey === variantKey,
        );
        expect([i, isThere]).toEqual([i, !removed.includes(i)]);
      }
      expect(await store.remove(selector)).toBe(0);
    });

    test.each(removals.filter(([{ by }]) => by !== "key" && by !== "variant"))(
      "remove %j makes exactly that stale where it is soft, and leaves it where it is",
      async (selector, named) => {
        const responseAt = clock.now();
        for (const [primaryKey, variantKey, groups] of stored) {
          const tags = tagsOf(variantKey, groups);
          await put(store, { primaryKey, variantKey, policy: policy({ groups, tags, responseAt }) });
        }
        await store.published();
        clock.advance(10_000);
        for (let turn = 0; turn < 2; turn += 1) {
          expect(await store.remove({ ...selector, soft: true })).toBe(named.length);
          for (const [i, [primaryKey, variantKey]] of stored.entries()) {
            const found = (await store.find(primaryKey)).find(
              ({ response }) => response.variantKey === variantKey,
            );
            const isPurged = found?.response.policy.lifetimeSource === "purged";
            expect([i, found !== undefined, isPurged]).toEqual([i, true, named.includes(i)]);
          }
          clock.advance(1_000);
        }
      },
    );

    test("a soft removal takes what may not be used stale", async () => {
      const responseAt = clock.now();
      const { response } = await put(store, { policy: policy({ revalidateWhenStale: true, responseAt }) });
      expect(await store.remove({ by: "all", soft: true })).toBe(1);
      expect(await store.find(response.primaryKey)).toEqual([]);
    });

    test("what was asked for before a removal neither freshens what it has made stale nor is kept beside it", async () => {
      const { response } = await put(store, { policy: policy({ responseAt: clock.now() }) });
      await store.published();
      const askedAt = order.next();
      await store.remove({ by: "all", soft: true });
      const [stale] = await store.find(response.primaryKey);
      expect(await store.freshen(response, [], policy(), askedAt)).toBeUndefined();
      expect(await store.find(response.primaryKey)).toEqual([stale as Found]);
      expect(await store.freshen(response, [], policy(), order.next())).toBeDefined();
    });

    test("freshening gives a response other names", async () => {
      const { response } = await put(store, { policy: policy({ tags: ["old"] }) });
      await store.freshen(response, [], policy({ tags: ["new"] }), order.next());
      expect(await store.remove({ by: "tag", tag: "old", host: null, site: null })).toBe(0);
      expect(await store.remove({ by: "tag", tag: "new", host: null, site: null })).toBe(1);
    });

    test("freshening moves a response to other groups", async () => {
      const { response } = await put(store, { policy: policy({ groups: ["old"] }) });
      await store.freshen(response, [], policy({ groups: ["new"] }), order.next());
      expect(await store.remove({ by: "group", group: "old", host: null, site: null })).toBe(0);
      expect(await store.remove({ by: "group", group: "new", host: null, site: null })).toBe(1);
    });

    test("a removal reaches what it names on its way in, and nothing else", async () => {
      const named = await store.write(newResponse({ primaryKey: "/x a.example" }));
      const other = await store.write(newResponse({ primaryKey: "/y a.example" }));
      await store.remove({ by: "key", primaryKey: "/x a.example" });
      expect(await rejection(named.commit())).toMatchObject({ name: "StoreError", code: "OVERTAKEN" });
      await other.commit();
      expect(await store.find("/x a.example")).toEqual([]);
      expect(await store.find("/y a.example")).toHaveLength(1);
    });

    test("what was asked for before a removal is not stored after it; what was asked for since is", async () => {
      const askedAt = order.next();
      await store.remove({ by: "key", primaryKey: "/x a.example" });
      const write = (path: string, askedAt: number) =>
        store.write(newResponse({ primaryKey: `${path} a.example`, askedAt }));
      const late = await write("/x", askedAt);
      expect(await rejection(late.commit())).toMatchObject({ name: "StoreError", code: "OVERTAKEN" });
      await (await write("/x", order.next())).commit();
      await (await write("/y", askedAt)).commit();
      expect(await store.find("/x a.example")).toHaveLength(1);
      expect(await store.find("/y a.example")).toHaveLength(1);
    });

    test("what is stored after a removal stays", async () => {
      await store.remove({ by: "all" });
      await put(store);
      expect(await store.find(newResponse().primaryKey)).toHaveLength(1);
    });
  });
}
