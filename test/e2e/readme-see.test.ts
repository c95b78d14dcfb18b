import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { commandsSeenIn, explainedHead, explainedHeadIn, linesIn, startSeeShop } from "./see-shop.ts";
import { chapterIn, type WhyShop } from "./why-shop.ts";

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();
const chapter = chapterIn(readme, "See into it");
const commands = commandsSeenIn(readme);

let shop: WhyShop;
beforeAll(async () => {
  shop = await startSeeShop(readme);
});
afterAll(() => shop.stop());

async function described(): Promise<unknown> {
  return await (await shop.ask("/openapi.json")).json();
}

describe("the README's looks into a cacheproxy that runs", () => {
  test("are of each command that tells what it does and has, and of that which warms it", () => {
    expect(new Set(commands.map(({ words: [command] }) => command))).toEqual(
      new Set(["stats", "top", "log", "list", "report", "warm"]),
    );
  });

  test.each(commands.map(({ words, shown }) => [words.join(" "), words, shown] as const))(
    "show what is said to %s: test/e2e/write-see.ts writes it",
    async (_, words, shown) => {
      expect(linesIn(await shop.run(words))).toEqual(linesIn(shown));
    },
  );

  test("name all that there is at the operator's door", async () => {
    const [, door = ""] = chapter.split("\n### The operator's door\n");
    const { paths } = z.object({ paths: z.record(z.string(), z.unknown()) }).parse(await described());
    for (const path of Object.keys(paths)) expect(door).toMatch(new RegExp(`\`${path}[?\`]`));
  });

  test("show what an answer says to who has a debug token", async () => {
    const { command, shown } = explainedHeadIn(chapter);
    expect(command).toContain("/news");
    expect(linesIn(await explainedHead(shop))).toEqual(linesIn(shown));
  });
});
