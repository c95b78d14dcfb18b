import { expect, test } from "bun:test";
import type { BodyReader } from "../../src/origin/body.ts";
import { inSequence, type Segment } from "../../src/serve/partial/segments.ts";
import { bodyReader } from "../fixtures/body-reader.ts";

const text = new TextEncoder();

function streamOf(...chunks: (string | Error)[]): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = rest.shift();
        if (chunk === undefined) controller.close();
        else if (chunk instanceof Error) controller.error(chunk);
        else controller.enqueue(text.encode(chunk));
      },
    },
    { highWaterMark: 0 },
  );
}

function segment(start: number, end: number, ...chunks: (string | Error)[]): Segment {
  return { part: { start, end }, open: () => bodyReader(streamOf(...chunks)) };
}

/** What came before the end or the error, and how often the end was told. */
async function outcome(
  ...segments: Segment[]
): Promise<{ text: string; error: string | null; ends: number }> {
  let ends = 0;
  let read = "";
  const body = inSequence(segments, () => ends++);
  try {
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read())
      read += new TextDecoder().decode(chunk);
    return { text: read, error: null, ends };
  } catch (error) {
    return { text: read, error: error instanceof Error ? error.message : String(error), ends };
  }
}

test("segments come one after the other, each opened when those before it have been read", async () => {
  const opened: number[] = [];
  const noting = (start: number, end: number, ...chunks: string[]): Segment => ({
    part: { start, end },
    open: async () => {
      opened.push(start);
      return bodyReader(streamOf(...chunks));
    },
  });
  const body = inSequence([noting(0, 3, "ab", "c"), noting(3, 4, "d")], () => undefined);
  expect(opened).toEqual([]);
  await body.read();
  await body.read();
  expect(opened).toEqual([0]);
  expect(new TextDecoder().decode(await body.read())).toBe("d");
  expect(await body.read()).toBeUndefined();
  expect(opened).toEqual([0, 3]);
});

test.each<[string, Segment[], string, string | null]>([
  ["nothing", [], "", null],
  ["all", [segment(0, 2, "a", "b"), segment(2, 3, "c")], "abc", null],
  ["one that is short", [segment(0, 3, "ab"), segment(3, 4, "c")], "ab", "a part ended 1 bytes early"],
  ["one that is long", [segment(0, 1, "ab"), segment(1, 2, "c")], "", "a part came to more than its bytes"],
  ["one that breaks off", [segment(0, 2, "a", new Error("lost")), segment(2, 3, "c")], "a", "lost"],
  [
    "one that cannot be opened",
    [segment(0, 1, "a"), { part: { start: 1, end: 2 }, open: () => Promise.reject(new Error("gone")) }],
    "a",
    "gone",
  ],
])("%s: what comes of it, and that the end is told once", async (_, segments, read, error) => {
  expect(await outcome(...segments)).toEqual({ text: read, error, ends: 1 });
});

test("a reader that leaves ends the segment it is in, and opens no other", async () => {
  let ends = 0;
  let left = false;
  const current = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => controller.enqueue(text.encode("a")),
      cancel() {
        left = true;
      },
    },
    { highWaterMark: 0 },
  );
  const next: Segment = {
    part: { start: 9, end: 10 },
    open: () => {
      throw new Error("opened");
    },
  };
  const body = inSequence(
    [{ part: { start: 0, end: 9 }, open: () => bodyReader(current) }, next],
    () => ends++,
  );
  await body.read();
  await body.cancel();
  expect([left, ends]).toEqual([true, 1]);
});

test("a segment that comes to more than its bytes is ended", async () => {
  let left = false;
  const endless: BodyReader = {
    read: async () => text.encode("abc"),
    async cancel() {
      left = true;
    },
  };
  const body = inSequence([{ part: { start: 0, end: 2 }, open: () => endless }], () => undefined);
  await expect(body.read()).rejects.toThrow("more than its bytes");
  expect(left).toBe(true);
});

test("a reader that leaves while a segment is being opened ends that as soon as it is there", async () => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const opening = Promise.withResolvers<BodyReader>();
  const open = () => {
    asked.resolve();
    return opening.promise;
  };
  const body = inSequence([{ part: { start: 0, end: 9 }, open }], () => undefined);
  const reading = body.read();
  await asked.promise;
  await body.cancel();
  opening.resolve(bodyReader(new ReadableStream<Uint8Array>({ cancel: () => left.resolve() })));
  expect(await reading).toBeUndefined();
  await left.promise;
});
