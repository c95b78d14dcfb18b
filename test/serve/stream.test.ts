import { describe, expect, test } from "bun:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { cancelWith, streamOf } from "../../src/serve/answer/stream.ts";

const text = new TextEncoder();

/** A body of which the parts come when the test says so. It tells how often it was cancelled, and breaks off then. */
function scripted() {
  const waiting: PromiseWithResolvers<Uint8Array | undefined>[] = [];
  let reads = 0;
  let cancels = 0;
  /** What the next read that has no answer yet gets. */
  const next = (index: number) => {
    waiting[index] ??= Promise.withResolvers<Uint8Array | undefined>();
    return waiting[index];
  };
  let sent = 0;
  return {
    body: {
      read: () => (cancels > 0 ? Promise.reject(new Error("cancelled")) : next(reads++).promise),
      async cancel() {
        cancels += 1;
        if (reads > sent) next(sent++).reject(new Error("cancelled"));
      },
    },
    reads: () => reads,
    cancels: () => cancels,
    send: (part: string) => next(sent++).resolve(text.encode(part)),
    end: () => next(sent++).resolve(undefined),
    cut: () => next(sent++).reject(new Error("cut")),
  };
}

/** The stream of a scripted body, and how often and with how many bytes its end was told. */
function streaming(signal = new AbortController().signal) {
  const limits: boolean[] = [];
  const origin = scripted();
  const ends: number[] = [];
  const client = { signal, limitIdle: (isLimited: boolean) => limits.push(isLimited) };
  return { ...origin, ends, limits, stream: streamOf(origin.body, (bytes) => ends.push(bytes), client) };
}

describe("the client's stream", () => {
  test("has all bytes of the body, and tells their number once", async () => {
    const { stream, ends, send, end } = streaming();
    const received = new Response(stream).text();
    send("one ");
    send("two");
    end();
    expect(await received).toBe("one two");
    expect(ends).toEqual([7]);
  });

  test("asks for no part before the client does", async () => {
    const { stream, reads, send } = streaming();
    const reader = stream.getReader();
    await nextTurn();
    expect(reads()).toBe(0);
    send("one");
    send("two");
    await reader.read();
    await nextTurn();
    expect(reads()).toBe(1);
  });

  test("is idle when the client does not take what is there, not when nothing is", async () => {
    const { stream, limits, send, end } = streaming();
    const reader = stream.getReader();
    expect(limits).toEqual([]);
    const first = reader.read();
    await nextTurn();
    expect(limits).toEqual([false]);
    send("one");
    await first;
    expect(limits).toEqual([false, true]);
    const last = reader.read();
    end();
    await last;
    expect(limits).toEqual([false, true, false, true]);
  });

  test("breaks off when the body does, and tells what there was of it", async () => {
    const { stream, ends, send, cut } = streaming();
    const reader = stream.getReader();
    send("half");
    await reader.read();
    cut();
    await expect(reader.read()).rejects.toThrow("cut");
    expect(ends).toEqual([4]);
  });

  test("that is cancelled wants no more of the body", async () => {
    const { stream, ends, cancels, send } = streaming();
    const reader = stream.getReader();
    send("half");
    await reader.read();
    await reader.cancel();
    expect([ends, cancels()]).toEqual([[4], 1]);
  });

  test("of a client that leaves wants no more of the body, also while it waits for a part", async () => {
    const leaving = new AbortController();
    const { stream, ends, cancels, send } = streaming(leaving.signal);
    const reader = stream.getReader();
    send("half");
    await reader.read();
    const waiting = reader.read().catch((error: Error) => error.message);
    leaving.abort();
    expect([ends, cancels()]).toEqual([[4], 1]);
    expect(await waiting).toBe("cancelled");
    await reader.cancel().catch(() => undefined);
    expect([ends, cancels()]).toEqual([[4], 1]);
  });

  test("of a client that had left wants nothing of it", () => {
    const { ends, cancels } = streaming(AbortSignal.abort());
    expect([ends, cancels()]).toEqual([[0], 1]);
  });

  test.each([
    ["part", text.encode("late")],
    ["end", undefined],
  ])("of a client that has left has no %s that comes after that: it does not look whole", async (_, late) => {
    const leaving = new AbortController();
    const ends: number[] = [];
    const body = {
      async read() {
        leaving.abort();
        return late;
      },
      cancel: async () => undefined,
    };
    const client = { signal: leaving.signal, limitIdle: () => undefined };
    const stream = streamOf(body, (bytes) => ends.push(bytes), client);
    await expect(new Response(stream).text()).rejects.toThrow("left");
    expect(ends).toEqual([0]);
  });

  test("that has ended cancels nothing when the client leaves after it", async () => {
    const leaving = new AbortController();
    const { stream, cancels, end } = streaming(leaving.signal);
    const received = new Response(stream).text();
    end();
    await received;
    leaving.abort();
    expect(cancels()).toBe(0);
  });
});

test("a body is cancelled with a signal, also one that was aborted before, once", async () => {
  const leaving = new AbortController();
  const [early, late] = [scripted(), scripted()];
  cancelWith(leaving.signal, early.body);
  expect(early.cancels()).toBe(0);
  leaving.abort();
  cancelWith(leaving.signal, late.body);
  leaving.signal.dispatchEvent(new Event("abort"));
  expect([early.cancels(), late.cancels()]).toEqual([1, 1]);
});
