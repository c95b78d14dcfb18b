import { describe, expect, test } from "bun:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { startOrigin } from "../fixtures/origin.ts";
import { browserOfFile } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { until } from "./visitor.ts";
import { startWatchedProxy } from "./watched.ts";

const keep = stoppedAfterEach();
const open = browserOfFile();

async function startProxy() {
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "a page")));
  return keep(await startWatchedProxy(origin.url));
}

describe("the page", () => {
  test("is there, says that all is well, keeps nobody out and fits a phone, in both themes", async () => {
    const proxy = await startProxy();
    for (const theme of ["light", "dark"] as const) {
      const view = await proxy.look(open, "", { theme, width: 390 });
      await view.page.getByText("all is well").waitFor();
      expect(await view.barriers()).toEqual([]);
      expect(await view.excessWidth()).toBe(0);
      expect(view.complaints).toEqual([]);
    }
  });

  test("leads to each section by keyboard, which gets its heading and its title", async () => {
    const { page, complaints } = await (await startProxy()).look(open);
    const links = page.getByRole("navigation").getByRole("link");
    const count = await links.count();
    expect(count).toBe(6);
    for (let place = 0; place < count; place += 1) {
      await links.nth(place).focus();
      await page.keyboard.press("Enter");
      await page.locator(`nav a:nth-child(${place + 1})[aria-current=page]`).waitFor();
      const heading = (await page.getByRole("heading", { level: 1 }).textContent()) ?? "";
      await until(async () => (await page.title()) === `${heading} · cacheproxy`);
      if (place > 0) await page.locator("main:focus").waitFor();
    }
    expect(complaints).toEqual([]);
  });

  test("asks for the token, says when it is not the one, and shows all with it", async () => {
    const { pageUrl, token } = await startProxy();
    const { page, barriers } = await open(pageUrl);
    const field = page.locator("input[name=token]");
    await field.fill("something else");
    await field.press("Enter");
    await page.getByText("That is not the token.").waitFor();
    expect(await barriers()).toEqual([]);
    await field.fill(token);
    await field.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });

  test("keeps the colours that were chosen, against what the system says", async () => {
    const { page } = await (await startProxy()).look(open, "", { theme: "light" });
    const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.getByLabel("Colours").selectOption("Dark");
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.getByLabel("Colours").selectOption("System");
    expect(await ground()).toBe(light);
  });

  test("says that cacheproxy does not answer when it is stopped, and that all is well when it goes on", async () => {
    const proxy = await startProxy();
    const { page } = await proxy.look(open);
    await page.clock.install();
    await page.reload();
    await page.getByText("all is well").waitFor();
    proxy.signal("SIGSTOP");
    try {
      await until(async () => {
        await page.clock.runFor(3000);
        return await page.getByRole("status").getByText("cacheproxy does not answer").isVisible();
      });
    } finally {
      proxy.signal("SIGCONT");
    }
    await until(async () => {
      await page.clock.runFor(3000);
      return await page.getByText("all is well").isVisible();
    });
  });

  test("asks nothing while nobody looks at it, and at once when somebody does again", async () => {
    const { page } = await (await startProxy()).look(open);
    await page.clock.install();
    await page.reload();
    await page.getByText("all is well").waitFor();
    const look = (isHidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));`,
      );
    await look(true);
    let asked = 0;
    page.on("request", () => {
      asked += 1;
    });
    await page.clock.runFor(60_000);
    expect(asked).toBe(0);
    const answer = page.waitForResponse("**/overview");
    await look(false);
    expect((await answer).status()).toBe(200);
  });

  test.each([
    ["br", (bytes: Buffer) => brotliDecompressSync(bytes)],
    ["gzip", (bytes: Buffer) => gunzipSync(bytes)],
    [null, (bytes: Buffer) => bytes],
  ] as const)("goes as %p, and not again to who has it", async (coding, decompress) => {
    const { pageUrl } = await startProxy();
    const headers = { Accept: "text/html", "Accept-Encoding": coding ?? "identity" };
    const first = await fetch(pageUrl, { headers, decompress: false });
    expect(first.headers.get("content-encoding")).toBe(coding);
    expect(decompress(Buffer.from(await first.arrayBuffer())).toString()).toStartWith("<!doctype html>");
    const tag = first.headers.get("etag") ?? "";
    for (const [known, status] of [
      [tag, 304],
      [`"another", W/${tag}`, 304],
      ["*", 304],
      ['"another"', 200],
    ] as const) {
      const again = await fetch(pageUrl, { headers: { ...headers, "If-None-Match": known } });
      expect([known, again.status]).toEqual([known, status]);
    }
  });
});
