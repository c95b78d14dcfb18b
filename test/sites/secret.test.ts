import { describe, expect, test } from "bun:test";
import { isShown, secretOf } from "../../src/sites/secret.ts";

const token = "The-Secret-of-the-operator";
const secret = secretOf(token);

describe("a secret", () => {
  test.each([`Bearer ${token}`, `bearer ${token}`, `BEARER  ${token}`])("is shown by %p", (authorization) => {
    expect(isShown(secret, authorization)).toBe(true);
  });

  test.each([
    null,
    "",
    "Bearer",
    "Bearer ",
    token,
    `Basic ${token}`,
    `Bearer ${token.toLowerCase()}`,
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token}-`,
    `Bearer ${token} ${token}`,
    `Bearer ${token}, Bearer other`,
    `Bearer other, Bearer ${token}`,
    ` Bearer ${token}`,
  ])("is not shown by %p", (authorization) => {
    expect(isShown(secret, authorization)).toBe(false);
  });

  test("is compared in full: none of many others is taken for it", () => {
    const others = Array.from({ length: 4_000 }, (_, each) => `${token}${each}`);
    expect(others.filter((other) => isShown(secret, `Bearer ${other}`))).toEqual([]);
  });
});
