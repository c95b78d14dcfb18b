import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/cli/run.ts";
import { defaultIgnoredCookies } from "../../src/rules/cookies.ts";
import { makeCertificate } from "../fixtures/certificate.ts";
import { filesIn } from "./readme-files.ts";
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
      "apps",
      "bench",
      "build",
      "conformance",
      "demo",
      "profile",
      "release",
      "run",
      "screenshots",
      "soak",
      "test",
    ]);
    for (const target of named) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
  });

  test("shows files of which config check says that they are right", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cacheproxy-readme-"));
    try {
      const { cert, key } = await makeCertificate(folder, "shop", ["DNS:shop.example"]);
      const files = filesIn(readme).map((text) =>
        text.replace('"shop.pem"', JSON.stringify(cert)).replace('"shop.key"', JSON.stringify(key)),
      );
      expect(files.length).toBeGreaterThanOrEqual(5);
      for (const text of files) {
        const file = join(folder, "cacheproxy.toml");
        await Bun.write(file, text);
        expect(await check(file)).toEqual({ code: 0, complaints: [] });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function check(file: string) {
  const complaints: string[] = [];
  const code = await run(["config", "check", file], {
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: (each) => Bun.file(each).text(),
    say: async () => undefined,
    complain: (line) => complaints.push(line),
  });
  return { code, complaints };
}
