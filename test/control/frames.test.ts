import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFrameReader, encodeFrame, FrameError } from "../../src/control/frames.ts";

const frame = fc.record({
  head: fc.string({ unit: "grapheme", maxLength: 200 }),
  bodies: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
});

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(chunks));
}

/** A prefix as it comes over the connection. */
function prefix(length: number, headLength: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, length, true);
  new DataView(bytes.buffer).setUint32(4, headLength, true);
  return bytes;
}

test("frames come out as they went in, in whatever pieces they come", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      (frames, lengths) => {
        const all = joined(frames.map(({ head, bodies }) => encodeFrame(head, bodies)));
        const read = createFrameReader();
        const got = [];
        for (let at = 0, i = 0; at < all.byteLength; i++) {
          const length = lengths[i % lengths.length] ?? 1;
          // The system reads the next piece into the same memory.
          const piece = all.slice(at, at + length);
          got.push(...read(piece));
          piece.fill(0xff);
          at += length;
        }
        expect(got.map(({ head, bytes }) => [head, joined([bytes])])).toEqual(
          frames.map(({ head, bodies }) => [head, joined(bodies)]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("a body of 64 KB and one of some megabytes come whole, one byte short of the end nothing", () => {
  const bodies = [new Uint8Array(65_536).fill(1), new Uint8Array(3_000_000).fill(2)];
  const all = encodeFrame("head", bodies);
  const read = createFrameReader();
  expect(read(all.subarray(0, all.byteLength - 1))).toEqual([]);
  const [whole] = read(all.subarray(all.byteLength - 1));
  expect(Buffer.compare(joined(bodies), whole?.bytes ?? joined([]))).toBe(0);
});

describe("what is no frame is refused as soon as its beginning is there", () => {
  test.each([
    ["a length that nobody would send", prefix(0xffffffff, 10)],
    ["a head that is longer than the frame", prefix(10, 11)],
    ["another protocol", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
  ])("%s", (_, bytes) => {
    expect(() => createFrameReader()(bytes)).toThrow(FrameError);
  });
});

test("a large frame that is announced and does not come takes no memory but for what has come", () => {
  const read = createFrameReader();
  const before = process.memoryUsage().arrayBuffers;
  expect(read(prefix(200 * 1024 * 1024, 10))).toEqual([]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
});
