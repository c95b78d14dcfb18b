import { describe, expect, test } from "bun:test";
import type { BodyReader } from "../../src/origin/body.ts";
import { Fill, type FillOptions } from "../../src/serve/flight/fill.ts";
import { streamOf } from "../../src/serve/answer/stream.ts";
import { createTransit } from "../../src/serve/answer/transit.ts";
import { type Found, StoreError, type Writer } from "../../src/store/tier.ts";
import { bodyReader } from "../fixtures/body-reader.ts";

const megabyte = 1024 * 1024;

/** A body whose chunks come when the test says so. As the origin's, it breaks off when it is cancelled. */
function scriptedBody() {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  const cut = () => controller.error(new Error("ECONNRESET"));
  return {
    body: { ...bodyReader(body), cancel: async () => cut() },
    send: (chunk: Uint8Array | string) =>
      controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk),
    end: () => controller.close(),
    cut,
  };
}

/** A writer that keeps everything, and fails when told to. */
function recordingWriter(failWriteAfterBytes = Number.POSITIVE_INFINITY) {
  const kept: Uint8Array[] = [];
  const calls: string[] = [];
  const whole = () => new Uint8Array(Buffer.concat(kept));
  const writer: Writer = {
    async write(chunk) {
      if (whole().byteLength + chunk.byteLength > failWriteAfterBytes) {
        throw new StoreError("ENOSPC", "no space left");
      }
      kept.push(chunk);
    },
    read: async (offset, length) => whole().subarray(offset, offset + length),
    async commit() {
      calls.push("commit");
      return { body: { kind: "memory", bytes: whole() } } as unknown as Found;
    },
    async abort() {
      calls.push("abort");
    },
    release() {
      calls.push("release");
    },
  };
  return { writer, calls, whole };
}

function begin({ body, ...overrides }: Partial<FillOptions> & { body: BodyReader; writer: Writer }) {
  const errors: StoreError[] = [];
  let cancelled = false;
  const cancel = () => {
    cancelled = true;
    return body.cancel();
  };
  const fill = new Fill({
    body: { ...body, cancel },
    announcedSize: null,
    maxObjectSize: 1024 * megabyte,
    whenLeft: "finish",
    transit: createTransit(64 * megabyte),
    onStoreError: (error) => errors.push(error),
    ...overrides,
  });
  return { fill, errors, wasCancelled: () => cancelled };
}

const stays = { signal: new AbortController().signal, limitIdle: () => undefined };
const ignore = () => undefined;
const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();

function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 255;
  return bytes;
}

describe("a fill", () => {
  test("gives every client the whole body, whenever it joins", async () => {
    const origin = scriptedBody();
    const { fill } = begin({ body: origin.body, writer: recordingWriter().writer });
    const early = textOf(streamOf(fill.join(), ignore, stays));
    origin.send("one ");
    const reader = streamOf(fill.join(), ignore, stays).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("one ");
    const late = textOf(streamOf(fill.join(), ignore, stays));
    origin.send("two");
    origin.end();
    expect(await early).toBe("one two");
    expect(await late).toBe("one two");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("two");
    expect((await reader.read()).done).toBe(true);
  });

  test("hands a client its first bytes while the body is still arriving", async () => {
    const origin = scriptedBody();
    const { fill } = begin({ body: origin.body, writer: recordingWriter().writer });
    const reader = streamOf(fill.join(), ignore, stays).getReader();
    origin.send("first");
    expect((await reader.read()).value).toEqual(new TextEncoder().encode("first"));
    origin.end();
  });

  test("runs at the origin's speed past a client that does not read, which gets every byte from the writer later", async () => {
    const origin = scriptedBody();
    const store = recordingWriter();
    const { fill } = begin({ body: origin.body, writer: store.writer });
    const slow = streamOf(fill.join(), ignore, stays);
    const bytes = pattern(5 * megabyte);
    for (let offset = 0; offset < bytes.byteLength; offset += 65_536)
      origin.send(bytes.slice(offset, offset + 65_536));
    origin.end();
    expect((await fill.outcome).kind).toBe("stored");
    expect(store.calls).toEqual(["commit"]);
    expect(Bun.hash(await new Response(slow).arrayBuffer())).toBe(Bun.hash(bytes));
    expect(store.calls).toEqual(["commit", "release"]);
  });

  test("commits before a client sees the end", async () => {
    const origin = scriptedBody();
    const store = recordingWriter();
    const { fill } = begin({ body: origin.body, writer: store.writer });
    const client = textOf(streamOf(fill.join(), () => store.calls.push("client ended"), stays));
    origin.send("x");
    origin.end();
    await client;
    expect(store.calls.filter((call) => call !== "release")).toEqual(["commit", "client ended"]);
  });

  test.each([
    ["cut off", (origin: ReturnType<typeof scriptedBody>) => origin.cut(), null],
    ["shorter than announced", (origin: ReturnType<typeof scriptedBody>) => origin.end(), 10],
  ] as const)("a body %s is broken for every client and stored by none", async (_, finish, announcedSize) => {
    const origin = scriptedBody();
    const store = recordingWriter();
    const { fill } = begin({ body: origin.body, writer: store.writer, announcedSize });
    const clients = [streamOf(fill.join(), ignore, stays), streamOf(fill.join(), ignore, stays)].map(
      (stream) => textOf(stream).catch(() => "broken"),
    );
    origin.send("half");
    finish(origin);
    expect((await fill.outcome).kind).toBe("broken");
    expect(await Promise.all(clients)).toEqual(["broken", "broken"]);
    expect(store.calls).toEqual(["abort"]);
  });

  test("a body longer than announced is broken off, and nobody sees more of it than was announced", async () => {
    const origin = scriptedBody();
    const store = recordingWriter();
    const { fill, wasCancelled } = begin({ body: origin.body, writer: store.writer, announcedSize: 6 });
    const client = fill.join();
    origin.send("half");
    expect(new TextDecoder().decode(await client.read())).toBe("half");
    origin.send("more");
    await expect(client.read()).rejects.toThrow("announced 6 bytes and sent more");
    expect((await fill.outcome).kind).toBe("broken");
    expect(wasCancelled()).toBe(true);
    expect(store.calls).toEqual(["abort"]);
  });

  test("when the store fails midway, the clients it has get every byte and nothing is stored", async () => {
    const origin = scriptedBody();
    const store = recordingWriter(2 * megabyte);
    const { fill, errors } = begin({ body: origin.body, writer: store.writer });
    const bytes = pattern(6 * megabyte);
    const received = new Response(streamOf(fill.join(), ignore, stays)).arrayBuffer();
    for (let offset = 0; offset < bytes.byteLength; offset += 65_536)
      origin.send(bytes.slice(offset, offset + 65_536));
    origin.end();
    expect(Bun.hash(await received)).toBe(Bun.hash(bytes));
    expect(await fill.outcome).toEqual({ kind: "unstored", reason: "store-failed" });
    expect(errors.map((error) => error.code)).toEqual(["ENOSPC"]);
    expect(store.calls).toEqual(["abort"]);
    expect(fill.readable).toBe(false);
  });

  test("a body beyond the bound streams through and is not stored", async () => {
    const origin = scriptedBody();
    const store = recordingWriter();
    const { fill } = begin({ body: origin.body, writer: store.writer, maxObjectSize: 4 });
    const client = textOf(streamOf(fill.join(), ignore, stays));
    origin.send("1234");
    origin.send("5678");
    origin.end();
    expect(await client).toBe("12345678");
    expect(await fill.outcome).toEqual({ kind: "unstored", reason: "too-large" });
    expect(store.calls).toEqual(["abort"]);
  });

  test("what cannot be stored waits for its slowest client, so that memory stays bounded", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 65_536;
          controller.enqueue(new Uint8Array(65_536));
        },
      },
      { highWaterMark: 0 },
    );
    const { fill, wasCancelled } = begin({
      body: bodyReader(endless),
      writer: recordingWriter().writer,
      maxObjectSize: 0,
    });
    const leave = new AbortController();
    const reader = streamOf(fill.join(), ignore, { ...stays, signal: leave.signal }).getReader();
    for (let round = 0; round < 100; round += 1) await reader.read();
    expect(pulled).toBeLessThanOrEqual(100 * 65_536 + 2 * megabyte);
    leave.abort();
    expect(await fill.outcome).toMatchObject({ kind: "broken", isUnwanted: true });
    expect(wasCancelled()).toBe(true);
  });

  test("goes on storing when every client has left", async () => {
    const origin = scriptedBody();
    const store = recordingWriter();
    const { fill } = begin({ body: origin.body, writer: store.writer });
    const bytesAtLeaving: number[] = [];
    const leaving = streamOf(fill.join(), (bytes) => bytesAtLeaving.push(bytes), stays).getReader();
    origin.send("some");
    await leaving.read();
    await leaving.cancel();
    origin.send("thing");
    origin.end();
    expect((await fill.outcome).kind).toBe("stored");
    expect(new TextDecoder().decode(store.whole())).toBe("something");
    expect(bytesAtLeaving).toEqual([4]);
  });

  test.each([0, 1, 2])(
    "that is cut while %d clients read was wanted: by the store, if by nobody else",
    async (clients) => {
      const origin = scriptedBody();
      const { fill } = begin({ body: origin.body, writer: recordingWriter().writer });
      const reading = Array.from({ length: clients }, () => textOf(streamOf(fill.join(), ignore, stays)));
      origin.send("x");
      origin.cut();
      expect(await fill.outcome).toMatchObject({ kind: "broken", isUnwanted: false });
      for (const each of await Promise.allSettled(reading)) expect(each.status).toBe("rejected");
    },
  );

  test("that is not stored ends at the origin with its last client, also while no byte comes", async () => {
    const origin = scriptedBody();
    const { fill, wasCancelled } = begin({
      body: origin.body,
      writer: recordingWriter().writer,
      maxObjectSize: 0,
    });
    const client = fill.join();
    origin.send("x");
    await client.read();
    await client.cancel();
    expect(await fill.outcome).toMatchObject({ kind: "broken", isUnwanted: true });
    expect(wasCancelled()).toBe(true);
  });

  describe("that drops with its clients", () => {
    function beginDropping() {
      const origin = scriptedBody();
      const store = recordingWriter();
      const begun = begin({
        body: origin.body,
        writer: store.writer,
        whenLeft: "abort",
      });
      return { origin, store, ...begun };
    }

    test("goes on while one of them is left, and is cancelled when the last leaves: nothing is stored", async () => {
      const { origin, store, fill } = beginDropping();
      const [one, other] = [streamOf(fill.join(), ignore, stays), streamOf(fill.join(), ignore, stays)];
      origin.send("some");
      fill.abortOnceLeft();
      await one.cancel();
      expect(fill.readable).toBe(true);
      await other.cancel();
      expect(fill.readable).toBe(false);
      expect(await fill.outcome).toMatchObject({ kind: "broken", isUnwanted: true });
      expect(store.calls).toEqual(["abort"]);
    });

    test("waits for those who waited for its beginning: only then it can be left by all", async () => {
      const { origin, fill } = beginDropping();
      await streamOf(fill.join(), ignore, stays).cancel();
      const late = textOf(streamOf(fill.join(), ignore, stays));
      fill.abortOnceLeft();
      origin.send("all");
      origin.end();
      expect(await late).toBe("all");
      const { fill: other } = beginDropping();
      await streamOf(other.join(), ignore, stays).cancel();
      other.abortOnceLeft();
      expect(await other.outcome).toMatchObject({ kind: "broken", isUnwanted: true });
    });

    test("is stored when nobody came to read it, and when they had read all", async () => {
      const unread = beginDropping();
      unread.fill.abortOnceLeft();
      unread.origin.send("x");
      unread.origin.end();
      expect((await unread.fill.outcome).kind).toBe("stored");
      const read = beginDropping();
      const client = textOf(streamOf(read.fill.join(), ignore, stays));
      read.fill.abortOnceLeft();
      read.origin.send("x");
      read.origin.end();
      expect(await client).toBe("x");
      expect((await read.fill.outcome).kind).toBe("stored");
    });
  });

  test("a client that had left before it began to read holds up nothing", async () => {
    const origin = scriptedBody();
    const { fill } = begin({
      body: origin.body,
      writer: recordingWriter().writer,
      maxObjectSize: 0,
    });
    const bytes: number[] = [];
    streamOf(fill.join(), (count) => bytes.push(count), { ...stays, signal: AbortSignal.abort() });
    origin.send("x");
    expect(await fill.outcome).toMatchObject({ kind: "broken", isUnwanted: true });
    expect(bytes).toEqual([0]);
  });
});

describe("what fills keep at hand", () => {
  /** Fills of one large body each, whose clients read nothing of it until all of it is written. */
  async function unread(count: number, size: number, mostBytes: number) {
    const transit = createTransit(mostBytes);
    const body = pattern(size);
    let highest = 0;
    const fills = [];
    for (let index = 0; index < count; index += 1) {
      const parts = Array.from({ length: size / 65_536 }, (_, part) =>
        body.subarray(part * 65_536, (part + 1) * 65_536),
      );
      const origin = {
        async read() {
          highest = Math.max(highest, transit.bytes);
          return parts.shift();
        },
        cancel: async () => undefined,
      };
      const { fill } = begin({ body: origin, writer: recordingWriter().writer, transit });
      fills.push({ fill, client: fill.join() });
    }
    for (const { fill } of fills) expect((await fill.outcome).kind).toBe("stored");
    return { transit, body, fills, highest: () => highest };
  }

  test("is within the bound for all together, and those who come back later get every byte", async () => {
    const { transit, body, fills, highest } = await unread(10, 2 * megabyte, megabyte);
    // One chunk of each that the writer may not have yet.
    expect(highest()).toBeLessThanOrEqual(megabyte + 10 * 65_536);
    expect(transit.bytes).toBeLessThanOrEqual(megabyte);
    for (const { client } of fills) {
      const received: Uint8Array[] = [];
      for (let chunk = await client.read(); chunk !== undefined; chunk = await client.read())
        received.push(chunk);
      expect(Buffer.compare(Buffer.concat(received), body)).toBe(0);
    }
    expect(transit.bytes).toBe(0);
  });

  test("is the newest megabyte of each while there is room, and nothing when its clients have left", async () => {
    const { transit, fills } = await unread(3, 2 * megabyte, 64 * megabyte);
    expect(transit.bytes).toBe(3 * megabyte);
    for (const { client } of fills) await client.cancel();
    expect(transit.bytes).toBe(0);
  });

  test("is nothing that is written, when there is no room for it even with nobody else there", async () => {
    const { transit, fills, body } = await unread(1, megabyte, 1000);
    expect(transit.bytes).toBe(0);
    const [first] = fills;
    expect(await first?.client.read()).toEqual(body.subarray(0, 128 * 1024));
  });

  test("goes to others who want room for what cannot be written", async () => {
    const { transit } = await unread(4, 2 * megabyte, 5 * megabyte);
    expect(transit.bytes).toBe(4 * megabyte);
    expect(transit.hold().reserve(3 * megabyte)).toBe(true);
    expect(transit.bytes).toBe(5 * megabyte);
  });

  test("of what the store does not take is less when memory is short, but never so little that nothing moves", async () => {
    const transit = createTransit(1);
    const size = 4 * megabyte;
    let sent = 0;
    const origin = {
      async read() {
        if (sent === size) return undefined;
        sent += 65_536;
        return new Uint8Array(65_536);
      },
      cancel: async () => undefined,
    };
    const { fill } = begin({ body: origin, writer: recordingWriter(65_536).writer, transit });
    const client = fill.join();
    let received = 0;
    for (let chunk = await client.read(); chunk !== undefined; chunk = await client.read()) {
      received += chunk.byteLength;
      expect(transit.bytes).toBeLessThanOrEqual(512 * 1024 + 2 * 65_536);
    }
    expect([received, (await fill.outcome).kind]).toEqual([size, "unstored"]);
    expect(transit.bytes).toBe(0);
  });
});
