import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { defaultIgnoredCookies } from "../../src/rules/cookies.ts";
import { reference, referenceIn } from "./reference.ts";

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();

describe("the README", () => {
  test("has every option and every key of the file as it is: make reference writes them", () => {
    expect(referenceIn(readme)).toBe(reference());
  });

  test("names every cookie that is ignored by default", () => {
    for (const pattern of defaultIgnoredCookies) expect(readme).toContain(`\`${pattern}\``);
  });

  test("names targets that the Makefile has", async () => {
    const makefile = await Bun.file(join(import.meta.dir, "../../Makefile")).text();
    const named = new Set(Array.from(readme.matchAll(/`make (\w+)/g), ([, target]) => target));
    expect([...named].sort()).toEqual([
      "bench",
      "build",
      "conformance",
      "demo",
      "profile",
      "release",
      "run",
      "soak",
      "test",
    ]);
    for (const target of named) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
  });
});
