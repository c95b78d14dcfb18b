import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { createFrameReader, FrameRefused, mostOfMessage } from "../../../src/rules/websocket/frame-reader.ts";
import { closing, frame } from "../../fixtures/frames.ts";

/** What is heard of these bytes, in portions of that size; at its end the code with which they are refused. */
function heard(bytes: Uint8Array, portion: number): string[] {
  const words: string[] = [];
  const read = createFrameReader({
    message: (message) =>
      void words.push(typeof message === "string" ? `text ${message}` : `binary ${latin(message)}`),
    ping: (payload) => void words.push(`ping ${latin(payload)}`),
    pong: (payload) => void words.push(`pong ${latin(payload)}`),
    close: (code, reason) => void words.push(`close ${code} ${reason}`),
  });
  try {
    for (let at = 0; at < bytes.byteLength; at += portion) read(bytes.subarray(at, at + portion));
  } catch (error) {
    if (!(error instanceof FrameRefused)) throw error;
    words.push(`refused ${error.code}`);
  }
  return words;
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

const begun = { isFinal: false };
const accepted: Record<string, [frames: Buffer[], words: string[]]> = {
  "empty messages": [
    [frame(1, ""), frame(2, "")],
    ["text ", "binary "],
  ],
  "a length in two bytes": [[frame(2, "x".repeat(126))], [`binary ${"x".repeat(126)}`]],
  "a length in eight bytes": [[frame(2, "x".repeat(65_536))], [`binary ${"x".repeat(65_536)}`]],
  fragments: [[frame(1, "a", begun), frame(0, "b", begun), frame(0, "c")], ["text abc"]],
  "empty fragments": [[frame(1, "", begun), frame(0, "", begun), frame(0, "")], ["text "]],
  "a character in two fragments": [
    [frame(1, Buffer.from([0xcf]), begun), frame(0, Buffer.from([0x80]))],
    ["text π"],
  ],
  "control frames between fragments": [
    [frame(2, "a", begun), frame(9, "p"), frame(10, "q"), frame(0, "b")],
    ["ping p", "pong q", "binary ab"],
  ],
  "a mark of byte order": [[frame(1, "\ufeffa")], ["text \ufeffa"]],
  "the largest control frame": [[frame(9, "x".repeat(125))], [`ping ${"x".repeat(125)}`]],
  "nothing after a Close": [[frame(8, closing(1000, "bye")), frame(1, "late")], ["close 1000 bye"]],
  "a Close without a code": [[frame(8, "")], ["close 1005 "]],
};

const refused: Record<string, [frames: Buffer[], code: number]> = {
  "a bit of an extension": [[frame(1, "a", { bits: 0x40 })], 1002],
  "the other bits": [[frame(2, "a", { bits: 0x10 })], 1002],
  "a kind that there is not": [[frame(3, "a")], 1002],
  "a kind of control frame that there is not": [[frame(11, "a")], 1002],
  "a mask": [[frame(1, "a", { isMasked: true })], 1002],
  "a ping in fragments": [[frame(9, "a", begun)], 1002],
  "a control frame of 126 bytes": [[frame(10, "x".repeat(126))], 1002],
  "a fragment of nothing": [[frame(0, "a")], 1002],
  "a message within another": [[frame(1, "a", begun), frame(1, "b")], 1002],
  "a Close of one byte": [[frame(8, "a")], 1002],
  "a Close with a code that is never sent": [[frame(8, closing(1005))], 1002],
  "a Close with a code of nobody": [[frame(8, closing(2999))], 1002],
  "a reason that is no UTF-8": [[frame(8, Buffer.from([3, 232, 0xff]))], 1007],
  "a text that is no UTF-8": [[frame(1, Buffer.from([0xce, 0xba, 0xff]))], 1007],
  "a surrogate": [[frame(1, Buffer.from([0xed, 0xa0, 0x80]))], 1007],
  "a text that ends within a character": [[frame(1, Buffer.from([0xcf]), begun), frame(0, "")], 1007],
  "more than 16 MB": [[lengthOnly(mostOfMessage + 1)], 1009],
  "a length beyond all numbers": [[lengthOnly(Number.MAX_SAFE_INTEGER)], 1009],
  "more than 16 MB in fragments": [[frame(2, "a", begun), lengthOnly(mostOfMessage, 0)], 1009],
};

/** The head of a frame that announces so much. */
function lengthOnly(length: number, opcode = 2): Buffer {
  const head = Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

describe.each([1, 2, 3, 7, 1 << 20])("frames that come in portions of %d bytes", (portion) => {
  test.each(Object.entries(accepted))("are read: %s", (_, [frames, words]) => {
    expect(heard(Buffer.concat(frames), portion)).toEqual(words);
  });

  test.each(Object.entries(refused))("are refused: %s", (_, [frames, code]) => {
    const before = [frame(2, "before")];
    expect(heard(Buffer.concat([...before, ...frames]), portion).at(-1)).toBe(`refused ${code}`);
  });
});

describe("where compression was agreed on", () => {
  const compressed = { bits: 0x40 };
  function read(...frames: Buffer[]): unknown[] {
    const told: unknown[] = [];
    const heard = { ping: () => undefined, pong: () => undefined, close: () => undefined };
    const message = (...words: unknown[]) => void told.push(words);
    createFrameReader({ ...heard, message }, (bytes) => Buffer.from(`<${latin(bytes)}>`))(
      Buffer.concat(frames),
    );
    return told;
  }

  test("it is undone for each message that has it, whole", () => {
    const parts = [frame(1, "a", { ...compressed, ...begun }), frame(0, "b")];
    expect(read(...parts, frame(1, "plain"), frame(1, "c", compressed))).toEqual([
      ...[
        ["<ab>", true],
        ["plain", false],
        ["<c>", true],
      ],
    ]);
  });

  test.each([
    ["a later fragment", [frame(1, "a", begun), frame(0, "b", compressed)]],
    ["a ping", [frame(9, "a", compressed)]],
    ["another bit", [frame(1, "a", { bits: 0x60 })]],
  ])("%s may not have it", (_, frames) => {
    expect(() => read(...frames)).toThrow(FrameRefused);
  });
});

function objectsHeld(): number {
  Bun.gc(true);
  return heapStats().objectCount;
}

test("a message in very many fragments is held as its bytes, not as so many parts", () => {
  const lengths: number[] = [];
  const read = createFrameReader({
    message: (message) => void lengths.push(message.length),
    ping: () => undefined,
    pong: () => undefined,
    close: () => undefined,
  });
  const part = frame(0, "x", begun);
  const many = Buffer.concat(Array.from({ length: 10_000 }, () => part));
  read(frame(2, "x", begun));
  const before = objectsHeld();
  for (let round = 0; round < 100; round++) read(many);
  expect(objectsHeld() - before).toBeLessThan(100_000);
  read(frame(0, ""));
  expect(lengths).toEqual([1_000_001]);
});
