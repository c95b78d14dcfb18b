import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "./harness.ts";
import { chapterIn, commandsOf, startWhyShop, steady, type WhyShop } from "./why-shop.ts";

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();
const chapter = chapterIn(readme, "Why is this not cached?");
const commands = commandsOf(chapter);

let shop: WhyShop;
beforeAll(async () => {
  shop = await startWhyShop(chapter);
});
afterAll(() => shop.stop());

describe("the README's causes of what is not cached", () => {
  test("are ten", () => {
    expect(commands.length).toBeGreaterThanOrEqual(10);
    expect(chapter.match(/^### \d+\. /gm)).toHaveLength(10);
  });

  test.each(commands.map(({ words, shown }) => [words.join(" "), words, shown] as const))(
    "show what it says to %s: test/e2e/write-why.ts writes it",
    async (_, words, shown) => {
      expect(steady(await shop.run(words))).toBe(steady(shown));
    },
  );
});

test("why --response - judges what curl has shown, with nothing running", async () => {
  const child = Bun.spawn([binary, "why", "--response", "-", "https://shop.example/"], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] ?? "" },
    stdin: new Blob(["HTTP/2 200\r\ncache-control: private\r\n\r\n<html>"]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("The response says Cache-Control: private. (RFC 9111 §5.2.2.7)");
});
