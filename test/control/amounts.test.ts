import { describe, expect, test } from "bun:test";
import {
  readableBytes,
  readableCount,
  readableDuration,
  readableLatency,
  readableMilliseconds,
  readableRate,
  readableShare,
} from "../../src/control/amounts.ts";

describe("amounts are read as", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [12.4, "12 B"],
    [1024, "1.0 kB"],
    [1024 * 1023.94, "1023.9 kB"],
    [1024 * 1023.95, "1.0 MB"],
    [5 * 1024 ** 4, "5.0 TB"],
    [5000 * 1024 ** 4, "5000.0 TB"],
  ])("%d bytes: %s", (bytes, text) => expect(readableBytes(bytes)).toBe(text));

  test.each([
    [0.123, "0.12 ms"],
    [9.995, "10.0 ms"],
    [99.95, "100 ms"],
    [9999.4, "9999 ms"],
    [9999.5, "10.0 s"],
  ])("%d milliseconds: %s", (milliseconds, text) => expect(readableMilliseconds(milliseconds)).toBe(text));

  test.each([
    [0, "0"],
    [999.4, "999"],
    [1000, "1,000"],
    [1234567, "1,234,567"],
  ])("%d times: %s", (count, text) => expect(readableCount(count)).toBe(text));

  test.each([
    [0, "0"],
    [0.123, "0.12"],
    [0.996, "1.0"],
    [99.94, "99.9"],
    [99.96, "100"],
    [12_345.6, "12,346"],
  ])("%d a second: %s", (rate, text) => expect(readableRate(rate)).toBe(text));

  test.each([
    [0, 0, "–"],
    [0, 7, "0.0 %"],
    [1, 3, "33.3 %"],
    [7, 7, "100 %"],
    [99_999, 100_000, ">99.9 %"],
    [1, 100_000, "<0.1 %"],
  ])("%d of %d: %s", (part, whole, text) => expect(readableShare(part, whole)).toBe(text));

  test.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_600_000, "1 h"],
    [12_000_000, "3 h 20 min"],
    [446_400_000, "5 d 4 h"],
  ])("%d milliseconds that have passed: %s", (milliseconds, text) =>
    expect(readableDuration(milliseconds)).toBe(text),
  );

  test.each([
    [0, "0.00 ms"],
    [0.0002, "1 µs"],
    [0.0153, "15 µs"],
    [0.24, "0.24 ms"],
    [180_000, "3 min"],
  ])("%d milliseconds for an answer: %s", (milliseconds, text) =>
    expect(readableLatency(milliseconds)).toBe(text),
  );
});
