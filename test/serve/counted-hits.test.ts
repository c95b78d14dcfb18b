import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { beginning, cacheWord, startProxy, type TestProxy } from "./proxy.ts";

let directory: TestDirectory;
let proxy: TestProxy;
beforeEach(() => {
  directory = createDirectory();
});
afterEach(() => directory.dispose());

async function startWith(shortCut: boolean): Promise<void> {
  proxy = await startProxy(
    ({ request, respond }) =>
      void (request.field("if-none-match") === null
        ? respond(200, fresh, "a page with some text")
        : respond(304, fresh)),
    {
      disk: directory.open({ now: () => proxy?.now() ?? beginning }),
      options: { reuse: { clientCacheControl: "honour", maxOutage: 3600, isOffline: false } },
      shortCut,
    },
  );
}

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain", ETag: '"v1"' };

/** How many hits the index knows of when the proxy has ended. */
async function hitsAtTheEnd(): Promise<number[]> {
  await proxy.stop();
  const database = new Database(directory.index, { readonly: true });
  const rows = database.query<{ hits: number }, []>("SELECT hits FROM responses").all();
  database.close();
  return rows.map(({ hits }) => hits);
}

test.each([true, false])(
  "each answer out of the store is a hit of the response, and no other is (by the short cut: %p)",
  async (shortCut) => {
    await startWith(shortCut);
    const words: (string | null)[] = [];
    const ask = async (fields: Record<string, string> = {}) =>
      void words.push(cacheWord(await proxy.get("/page", fields)));
    await ask();
    await ask();
    await ask({ "If-None-Match": '"v1"' });
    await ask({ Range: "bytes=0-3" });
    await ask({ "Cache-Control": "max-stale" });
    proxy.advance(61);
    await ask();
    proxy.advance(61);
    await ask({ "Cache-Control": "max-stale=60" });
    proxy.origin.answer((exchange) => exchange.reset());
    await ask();
    expect(words).toEqual(["MISS", "HIT", "HIT", "HIT", "HIT", "REVALIDATED", "STALE", "STALE"]);
    expect(await hitsAtTheEnd()).toEqual([7]);
  },
);

test("what the origin has answered anew begins without hits", async () => {
  await startWith(true);
  for (let count = 0; count < 3; count++) await proxy.get("/page");
  proxy.origin.answer(({ respond }) => void respond(200, fresh, "another page"));
  proxy.advance(61);
  await proxy.get("/page");
  await proxy.get("/page");
  expect(await hitsAtTheEnd()).toEqual([1]);
});
