import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { browserOfFile } from "./browser.ts";
import { startWatchedProxy, type WatchedProxy } from "./watched.ts";

const open = browserOfFile();
let origin: Origin;
let proxy: WatchedProxy;

beforeAll(async () => {
  origin = await startOrigin((exchange) => {
    const { target } = exchange.request;
    const type = target.startsWith("/img/") ? "image/png" : "text/html";
    const fields = { "Cache-Control": "max-age=3600", "Content-Type": type, "Cache-Tag": "shop" };
    void exchange.respond(200, fields, `this is ${target}`);
  });
  proxy = await startWatchedProxy(origin.url);
});
afterAll(async () => {
  await proxy?.stop();
  await origin?.stop();
});

/** Each test purges what it likes. */
beforeEach(async () => {
  for (const path of ["/img/a.png", "/img/b.png", "/news", "/about"]) await get(path);
});

async function get(path: string): Promise<string> {
  const response = await fetch(proxy.url + path);
  await response.text();
  return response.headers.get("x-cache") ?? "";
}

function names(page: Page): Promise<string[]> {
  return page.locator(".found .what").allTextContents();
}

/** The list tells that many: the index knows of a response a moment after its client has it. */
async function untilListed(page: Page, wanted: readonly string[]): Promise<void> {
  for (;;) {
    const listed = (await names(page)).map((name) => name.replace(/^.*?(?=\/[a-z])/, ""));
    if (listed.toSorted().join() === wanted.toSorted().join()) return;
    const told = page.waitForResponse((response) => response.url().includes("/entries?"));
    await page.getByRole("button", { name: "Look again" }).click();
    await told;
  }
}

const all = ["/img/a.png", "/img/b.png", "/news", "/about"];

describe("the page of what is stored", () => {
  test("finds as one types, and says what is wrong with what is typed", async () => {
    const { page, complaints } = await proxy.look(open, "#/entries");
    await untilListed(page, all);
    const field = page.getByRole("searchbox", { name: "Find" });
    for (const [typed, found] of [
      ["/img/", ["/img/a.png", "/img/b.png"]],
      ["bou", ["/about"]],
      ["image/*", ["/img/a.png", "/img/b.png"]],
      ["tag:shop new", ["/news"]],
      ["stale", []],
    ] as const) {
      await field.fill(typed);
      await untilListed(page, found);
    }
    await field.fill("tga:shop");
    await page.getByText("tga: is not known").waitFor();
    await field.fill("larger:many");
    await page.getByText("larger: should be a size").waitFor();
    // What the server does not understand is said by it, with a status that the browser tells of.
    expect(complaints.filter((each) => !each.includes("400"))).toEqual([]);
  });

  test("shows all of one, whose time runs, and brings back to the list", async () => {
    const { page, complaints } = await proxy.look(open, "#/entries");
    await untilListed(page, all);
    await page.getByRole("link", { name: /\/news$/ }).click();
    const shown = page.locator(".shown-entry");
    const lifetime = shown.locator("[data-lifetime=fresh]");
    const before = await lifetime.textContent();
    await shown.getByText("max-age=3600").waitFor();
    await shown.locator("[data-lifetime]", { hasNotText: before ?? "" }).waitFor();
    await shown.getByRole("link", { name: "Close" }).click();
    await shown.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  test("purges one after it was asked, by keyboard, and says what was done; Escape keeps it", async () => {
    const { page, complaints } = await proxy.look(open, "#/entries");
    await untilListed(page, all);
    const button = page.getByRole("button", { name: /^Purge .*\/news$/ });
    await button.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("would remove 1").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await get("/news")).toBe("HIT");
    expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("Purge");

    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Purge" }).press("Enter");
    await page.getByText("Removed 1").waitFor();
    await untilListed(page, ["/img/a.png", "/img/b.png", "/about"]);
    expect(await get("/news")).toBe("MISS");
    expect(complaints).toEqual([]);
  });

  test("makes one stale, which is there still", async () => {
    const { page } = await proxy.look(open, "#/entries");
    await untilListed(page, all);
    await page.getByRole("button", { name: /^Make stale .*\/about$/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make stale" }).click();
    await page.getByText("Made stale 1").waitFor();
    await page.locator("tr", { hasText: "/about" }).getByText("stale", { exact: true }).waitFor();
    expect(await get("/about")).not.toBe("HIT");
  });

  test("purges by its form only after a word was typed", async () => {
    const { page, complaints } = await proxy.look(open, "#/entries");
    await untilListed(page, all);
    const form = page.getByRole("form", { name: "Purge" });
    await form.getByLabel("By").selectOption("Beginning");
    await form.getByRole("textbox", { name: "Beginning" }).fill("/img/");
    await form.getByRole("button", { name: "Purge…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("would remove 2").waitFor();
    const purge = dialog.getByRole("button", { name: "Purge" });
    expect(await purge.isDisabled()).toBe(true);
    await dialog.getByLabel("Type purge to go on").fill("purge");
    await purge.click();
    await page.getByText("Removed 2").waitFor();
    await untilListed(page, ["/news", "/about"]);
    await page.getByRole("link", { name: "What was purged of late" }).click();
    const purges = page.getByRole("region", { name: "Purged of late" });
    await purges.locator("tr", { hasText: "what begins with /img/" }).getByText("removed 2").waitFor();
    expect(complaints).toEqual([]);
  });

  test.each([
    [1440, "light"],
    [1440, "dark"],
    [390, "light"],
    [390, "dark"],
  ] as const)("keeps nobody out and fits in %d pixels, %s", async (width, theme) => {
    const { page, barriers, excessWidth } = await proxy.look(open, "#/entries", { width, theme });
    await untilListed(page, all);
    expect(await excessWidth()).toBe(0);
    await page.getByRole("link", { name: /\/news$/ }).click();
    await page.locator(".shown-entry [data-lifetime]").waitFor();
    expect(await barriers()).toEqual([]);
    expect(await excessWidth()).toBe(0);
    await page.getByRole("button", { name: /^Purge .*\/about$/ }).click();
    await page.getByRole("dialog").getByText("would remove").waitFor();
    expect(await barriers()).toEqual([]);
  });
});
