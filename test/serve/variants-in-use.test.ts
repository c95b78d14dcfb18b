import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { beginning, cacheWord, startProxy, type TestProxy } from "./proxy.ts";

let directory: TestDirectory;
let proxy: TestProxy;
beforeEach(() => {
  directory = createDirectory();
});
afterEach(async () => {
  await proxy.stop();
  await directory.dispose();
});

/** Keeps three variants; `shortCut` false sends every request the long way. */
async function startWith(shortCut: boolean): Promise<void> {
  const disk = directory.open({ now: () => proxy?.now() ?? beginning, maxVariantsPerKey: 3 });
  proxy = await startProxy(
    (exchange) =>
      void exchange.respond(
        200,
        { "Cache-Control": "max-age=600", "Content-Type": "text/plain", Vary: "X-Kind" },
        `for ${exchange.request.field("x-kind")}`,
      ),
    { disk, maxVariants: 3, shortCut },
  );
}

const ask = (kind: string) => proxy.get("/page", { "X-Kind": kind });

test.each([true, false])(
  "variants in use stay, however many others one client makes up (by the short cut: %p)",
  async (shortCut) => {
    await startWith(shortCut);
    await ask("a");
    await ask("b");
    for (let count = 0; count < 40; count++) {
      for (const kind of ["a", "b"]) {
        const answer = await ask(kind);
        expect([cacheWord(answer), answer.text]).toEqual(["HIT", `for ${kind}`]);
      }
      expect(cacheWord(await ask(`made up ${count}`))).toBe("MISS");
    }
    expect(proxy.errors).toEqual([]);
  },
);

test("a variant that nobody uses any more makes room for a new one", async () => {
  await startWith(true);
  for (const kind of ["a", "b", "c"]) {
    await ask(kind);
    expect(cacheWord(await ask(kind))).toBe("HIT");
    proxy.advance(1);
  }
  await ask("d");
  expect(cacheWord(await ask("d"))).toBe("HIT");
  expect(cacheWord(await ask("a"))).toBe("MISS");
});
