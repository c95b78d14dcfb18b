import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { debugKeySchema, debugTokenOf, isDebugToken } from "../../src/control/debug-token.ts";

const key = "0123456789abcdef".repeat(4);
const other = "f".repeat(64);
const end = 1_800_000_000;
const before = (end - 1) * 1000;
const token = debugTokenOf(key, end);
const [version, expiresAt, seal = ""] = token.split(".");

/** A seal on something, by the same key. */
function sealOn(text: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(text).digest("base64url");
}

test("a token is good until it ends, and not after", () => {
  expect(isDebugToken(token, key, before)).toBe(true);
  expect(isDebugToken(token, key, end * 1000 - 1)).toBe(true);
  expect(isDebugToken(token, key, end * 1000)).toBe(false);
  expect(isDebugToken(token, key, (end + 86_400) * 1000)).toBe(false);
});

test("a token is short, and can stand in a field and in a shell as it is", () => {
  expect(token).toMatch(/^[A-Za-z0-9._-]{56}$/);
});

describe("no token", () => {
  test.each<[what: string, shown: string]>([
    ["nothing", ""],
    ["that of another cache folder", debugTokenOf(other, end)],
    ["one whose end is put off", `${version}.${end + 1}.${seal}`],
    ["one whose end is written otherwise", `${version}.0${expiresAt}.${seal}`],
    ["one of another version", `2.${expiresAt}.${seal}`],
    ["one that is cut", token.slice(0, -1)],
    ["one without seal", `${version}.${expiresAt}.`],
    ["one with something behind it", `${token}A`],
    ["one with a blank before it", ` ${token}`],
    ["one with a line feed behind it", `${token}\n`],
    ["two, as two fields come", `${token}, ${token}`],
    ["one in quotes", `"${token}"`],
    ["a bearer", `Bearer ${token}`],
    ["one in capitals", token.toUpperCase()],
    ["a seal of nothing but A", `${version}.${expiresAt}.${"A".repeat(43)}`],
    ["a seal on the end alone", `1.${end}.${sealOn(`${end}`)}`],
    ["a seal without the purpose", `1.${end}.${sealOn(`1.${end}`)}`],
    ["a seal whose last bits are others", `${version}.${expiresAt}.${sameBytesOtherwise(seal)}`],
    ["an end that is no number", `${version}.${"9".repeat(9)}e.${seal}`],
    ["a very long one", `${token}${"A".repeat(100_000)}`],
    ["another script", "１.１８００００００００.ａ"],
  ])("is %s", (_, shown) => expect(isDebugToken(shown, key, before)).toBe(false));
});

/** Of base64's last character four bits count: another one reads as the same bytes. */
function sameBytesOtherwise(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(text.slice(-1));
  const changed = text.slice(0, -1) + alphabet[last ^ 1];
  expect(Buffer.from(changed, "base64url")).toEqual(Buffer.from(text, "base64url"));
  return changed;
}

test("a key is 32 bytes in hex, and nothing else", () => {
  for (const [text, isOne] of [
    [key, true],
    ["", false],
    [key.slice(1), false],
    [`${key}0`, false],
  ] as const)
    expect(debugKeySchema.safeParse(text).success).toBe(isOne);
});
