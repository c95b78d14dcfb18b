import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Option } from "../../src/config/option.ts";
import { options } from "../../src/config/options.ts";
import { defaultIgnoredCookies } from "../../src/rules/cookies.ts";

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();

function row({ name, argument, summary, byDefault, defaultInWords }: Option): string {
  const written = argument === undefined ? { true: "on", false: "off" }[String(byDefault)] : byDefault;
  const shown = defaultInWords ?? (written === undefined ? "none" : `\`${written}\``);
  return `| \`--${name}${argument === undefined ? "" : ` ${argument}`}\` | ${shown} | ${summary} |`;
}

describe("the README", () => {
  test("has every option as it is, in the order of the help, and no other", () => {
    const rows = readme.match(/^\| `--.*$/gm) ?? [];
    expect(rows.slice(0, -1)).toEqual(Object.values(options).map(row));
    expect(rows.at(-1)).toStartWith("| `--help`, `--version` |");
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
