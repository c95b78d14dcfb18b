import { expect, test } from "bun:test";
import { bundledScript, bundledStyle } from "../../src/page/bundle.ts" with { type: "macro" };

test("the page's script is one piece that asks for no other", () => {
  expect(bundledScript()).not.toMatch(/\bimport\s*[("{*]|\brequire\(/);
  expect(bundledScript().length).toBeGreaterThan(1000);
});

test("the page's style asks for nothing from elsewhere", () => {
  expect(bundledStyle()).toContain("color-scheme");
  expect(bundledStyle()).not.toMatch(/@import|url\((?!["']?data:)/);
});
