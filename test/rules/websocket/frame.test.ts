import { describe, expect, test } from "bun:test";
import { closePayload, maskedFrame, opcodes } from "../../../src/rules/websocket/frame.ts";
import { framed } from "../../fixtures/frames.ts";

const mask = new Uint8Array([1, 2, 3, 4]);

describe("a frame for the origin", () => {
  test.each([0, 1, 2, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 100_001])(
    "of %d bytes is masked and says its length",
    (length) => {
      const payload = Buffer.alloc(length, "0123456789");
      const bytes = maskedFrame(opcodes.binary, payload, mask);
      const read = framed(Buffer.from(bytes));
      expect([read?.isFinal, read?.opcode, read?.bits]).toEqual([true, 2, 0]);
      expect([...(read?.mask ?? [])]).toEqual([1, 2, 3, 4]);
      expect(read?.payload.equals(payload)).toBe(true);
    },
  );

  test("has a text as UTF-8", () => {
    expect(framed(Buffer.from(maskedFrame(opcodes.text, "π🎉", mask)))?.payload.toString()).toBe("π🎉");
  });

  test("leaves what it was made of as it was", () => {
    const payload = new Uint8Array([9, 9, 9, 9, 9]);
    maskedFrame(opcodes.binary, payload, mask);
    expect([...payload]).toEqual([9, 9, 9, 9, 9]);
  });
});

describe("the payload of a Close frame", () => {
  test.each([1005, 1006, 0, 999, 1004, 1015, 2000, 5000])("is empty for %d, which is never sent", (code) => {
    expect(closePayload(code, "reason")).toHaveLength(0);
  });

  test("holds the code and as much of the reason as there is room for, in whole characters", () => {
    const payload = Buffer.from(closePayload(4000, `${"x".repeat(122)}π`));
    expect([payload.readUInt16BE(0), payload.subarray(2).toString()]).toEqual([4000, "x".repeat(122)]);
  });
});
