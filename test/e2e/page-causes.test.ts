import { expect, test } from "bun:test";
import { browserOfFile } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { openShop } from "./page-shop.ts";

/** The section of the operator's page that says why requests were no hits, of a proxy of two workers. */

const keep = stoppedAfterEach();
const open = browserOfFile();

async function openCauses(width?: number) {
  const { openPage, visit, url } = await openShop(keep, open);
  for (let time = 0; time < 6; time += 1) await visit("/offers?item=1");
  await visit("/page");
  await visit("/order", "POST");
  return { url, view: await openPage("causes", width) };
}

test("a cause says what of it could have been hits, why, and what to change, and leads by its URLs to an explanation", async () => {
  const { view, url } = await openCauses();
  const { page, complaints, barriers } = view;
  const cause = page.locator("[data-cause=set-cookie]");
  await cause.getByText("5 of 6 requests could have been hits").waitFor();
  await cause.getByRole("heading", { name: /^Not stored: the response has Set-Cookie/ }).waitFor();
  await cause.getByText("remove-set-cookie = true").waitFor();
  const urls = cause.getByText("The URL behind it");
  await urls.focus();
  await page.keyboard.press("Enter");
  await cause.getByText("200 · set-cookie: session=…").waitFor();
  expect(await barriers()).toEqual([]);
  await cause.getByRole("link", { name: `${url}/offers?item=1` }).click();
  await page.getByRole("heading", { name: "Not answered from the cache: the origin is asked." }).waitFor();
  expect(complaints).toEqual([]);
});

test("what is to be written is copied, and said to be", async () => {
  const { view } = await openCauses();
  const { page } = view;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const cause = page.locator("[data-cause=set-cookie]");
  await cause.getByRole("button", { name: "Copy" }).first().click();
  await cause.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate<string>("navigator.clipboard.readText()");
  expect(copied).toBe("Cache-Control: s-maxage=60");
});

test("what no change would make hits of stands apart, and all requests are shared out", async () => {
  const { view } = await openCauses();
  const { page } = view;
  await page.getByText("5 of 8", { exact: true }).waitFor();
  await page.getByText("0.0 % of the bytes").waitFor();
  await page.getByText("What is right as it is").click();
  const post = page.locator(".left-alone [data-cause]").filter({ hasText: "only GET and HEAD are answered" });
  await post.getByText("1", { exact: true }).waitFor();
});

test("what looks like one visitor's is no loss", async () => {
  const { visit, openPage } = await openShop(keep, open);
  for (const path of ["/offers", "/offers", "/offers", "/cart", "/cart", "/cart", "/cart"]) await visit(path);
  const { page } = await openPage("causes");
  const cause = page.locator("[data-cause=set-cookie]");
  await cause.getByText("2 of 7 requests could have been hits").waitFor();
  await cause.getByText("3 more look like one visitor's own").waitFor();
});

test("on a phone nobody scrolls sideways", async () => {
  const { view } = await openCauses(390);
  await view.page.locator("[data-cause=set-cookie]").getByText("The URL behind it").click();
  expect(await view.excessWidth()).toBe(0);
  expect(await view.barriers()).toEqual([]);
  expect(view.complaints).toEqual([]);
});
