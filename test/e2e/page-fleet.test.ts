import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";
import { browserOfFile } from "./browser.ts";
import { startWatchedProxy, type WatchedProxy } from "./watched.ts";

const open = browserOfFile();
let origin: Origin;
let proxy: WatchedProxy;
const script: Script = (exchange) =>
  void exchange.respond(200, { "Cache-Control": "max-age=3600" }, "a page");

beforeAll(async () => {
  origin = await startOrigin(script);
  proxy = await startWatchedProxy(origin.url);
});
afterAll(async () => {
  await proxy?.stop();
  await origin?.stop();
});

async function get(path: string): Promise<void> {
  await (await fetch(proxy.url + path)).text();
}

describe("the page of origins and processes", () => {
  test("shows workers and keeper, and that all is well", async () => {
    await get("/a");
    const { page, complaints } = await proxy.look(open, "#/fleet");
    for (const name of ["worker 1", "worker 2", "keeper"])
      await page.locator("tr", { hasText: name }).getByText("ready").waitFor();
    await page
      .locator("tr", { hasText: "keeper" })
      .getByText(/^\d.* MB$/)
      .waitFor();
    await page.getByText("/healthz has nothing to complain of").waitFor();
    await page.getByText("/readyz has nothing to complain of").waitFor();
    expect(complaints).toEqual([]);
  });

  test.each([
    [1440, "light"],
    [390, "dark"],
  ] as const)("keeps nobody out and fits in %d pixels, %s", async (width, theme) => {
    const { page, barriers, excessWidth, complaints } = await proxy.look(open, "#/fleet", { width, theme });
    await page.getByText("worker 2", { exact: true }).waitFor();
    await page.getByRole("region", { name: origin.url }).waitFor();
    expect(await barriers()).toEqual([]);
    expect(await excessWidth()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("shows what an origin answers and how it fails, as it happens", async () => {
    const { page } = await proxy.look(open, "#/fleet");
    const card = page.getByRole("region", { name: origin.url });
    await card.getByText("trusted").waitFor();
    await get("/b");
    await card.getByText(/2xx \d/).waitFor();
    const { port } = new URL(origin.url);
    await origin.stop();
    for (let each = 0; each < 12; each++) await get(`/down-${each}`);
    await card.getByText("origin-refused").first().waitFor();
    await card
      .getByText(/failures? in a row/)
      .first()
      .waitFor();
    origin = await startOrigin(script, Number(port));
  });
});
