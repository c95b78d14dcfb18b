import { expect, test } from "bun:test";
import { browserOfFile } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { openShop } from "./page-shop.ts";

/** The section of the operator's page that shows requests, and the one that explains, of a proxy of two workers. */

const keep = stoppedAfterEach();
const open = browserOfFile();

const row = (path: string) => `tr.request:has-text("${path}")`;

test("requests come as they happen, filtered as one types, and the page's address leads back to them", async () => {
  const { openPage, visit } = await openShop(keep, open);
  await visit("/first");
  const { page, complaints } = await openPage("requests");
  await page.locator(row("/first")).waitFor();
  await visit("/second");
  await page.locator(row("/second")).waitFor();
  await page.getByLabel("Only requests of which all is so").fill("path=/second");
  await page.locator(row("/first")).waitFor({ state: "detached" });
  await visit("/first");
  await visit("/second");
  await page.locator(row("/second")).nth(1).waitFor();
  expect(await page.locator(row("/first")).count()).toBe(0);
  expect(await page.evaluate<string>("location.hash")).toBe("#/requests?where=path%3D%2Fsecond");
  await page.reload();
  await page.locator(row("/second")).first().waitFor();
  expect(await page.locator(row("/first")).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("a condition that is not understood is said to be wrong, and what would be right; one that is given is pressed", async () => {
  const { openPage, visit } = await openShop(keep, open);
  await visit("/cart");
  const { page } = await openPage("requests");
  const field = page.getByLabel("Only requests of which all is so");
  await field.fill("cash=MISS");
  await page.getByRole("alert").filter({ hasText: "did you mean cache?" }).waitFor();
  await field.fill("");
  const chip = page.getByRole("button", { name: "reason=set-cookie" });
  await chip.click();
  expect(await field.inputValue()).toBe("reason=set-cookie");
  expect(await chip.getAttribute("aria-pressed")).toBe("true");
  await page.locator(row("/cart")).waitFor();
  await chip.click();
  expect(await field.inputValue()).toBe("");
});

test("none comes while it is paused, and all that have come are there afterwards", async () => {
  const { openPage, visit } = await openShop(keep, open);
  await visit("/first");
  const { page } = await openPage("requests");
  await page.locator(row("/first")).waitFor();
  const pause = page.getByRole("button", { name: "Pause" });
  await pause.click();
  await page.getByText("Paused, 1 shown").waitFor();
  await visit("/second");
  const other = await openPage("requests");
  await other.page.locator(row("/second")).waitFor();
  await visit("/third");
  await other.page.locator(row("/third")).waitFor();
  expect(await page.locator(row("/second")).count()).toBe(0);
  await pause.click();
  await page.locator(row("/second")).waitFor();
});

test("a row is opened by keyboard, and leads from there to what would become of the request now", async () => {
  const { openPage, visit, url, origin } = await openShop(keep, open);
  await visit("/cart?a=1");
  const { page, complaints, barriers } = await openPage("requests");
  const button = page.locator(row("/cart")).getByRole("button");
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByText(/^MISS: not stored: the response has Set-Cookie/).waitFor();
  expect(await button.getAttribute("aria-expanded")).toBe("true");
  expect(await barriers()).toEqual([]);
  await page.getByRole("link", { name: "Explain it as it would be now" }).click();
  await page.getByRole("heading", { name: "Not answered from the cache: the origin is asked." }).waitFor();
  expect(await page.getByLabel("URL, or a path of the first site").inputValue()).toBe(`${url}/cart?a=1`);
  expect(await page.getByLabel("The client's address").inputValue()).toBe("127.0.0.1");
  expect(origin.requests).toHaveLength(1);
  expect(complaints).toEqual([]);
});

test("explain says why an answer is not stored once the origin is asked, and what to copy; a link asks no origin", async () => {
  const { openPage, origin } = await openShop(keep, open);
  const { page, complaints, barriers } = await openPage("explain");
  await page.getByLabel("URL, or a path of the first site").fill("/cart");
  await page.getByLabel(/^Ask the origin, too/).check();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Its answer would not be stored/ }).waitFor();
  await page.getByText("The response has Set-Cookie and no explicit lifetime.").waitFor();
  const clause = page.getByRole("link", { name: "RFC 9111 §7.3" });
  expect(await clause.getAttribute("href")).toBe("https://www.rfc-editor.org/rfc/rfc9111.html#section-7.3");
  await page.getByText("remove-set-cookie = true").waitFor();
  expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(2);
  expect(origin.requests).toHaveLength(1);
  expect(await barriers()).toEqual([]);
  await page.reload();
  await page.getByRole("heading", { name: "Not answered from the cache: the origin is asked." }).waitFor();
  expect(origin.requests).toHaveLength(1);
  expect(complaints).toEqual([]);
});

test("explain shows what is stored, and says of what cannot be asked what would be right", async () => {
  const { openPage, visit, url } = await openShop(keep, open);
  await visit("/page");
  const { page } = await openPage(`explain?${new URLSearchParams({ url: `${url}/page` })}`);
  await page.getByRole("heading", { name: /^Answered from the cache\. It is fresh for another/ }).waitFor();
  await page.getByRole("cell", { name: "selected", exact: true }).waitFor();
  await page.getByText("Fields of the request, and its client").click();
  await page.getByLabel("Fields, one a line").fill("not a field");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByRole("alert").filter({ hasText: 'should be such as "Cookie: lang=de"' }).waitFor();
});

test("on a phone nobody scrolls sideways", async () => {
  const { openPage, visit } = await openShop(keep, open);
  await visit(`/cart/${"a-long-name".repeat(30)}`);
  const view = await openPage("requests", 390);
  await view.page.locator(row("/cart")).getByRole("button").click();
  expect(await view.excessWidth()).toBe(0);
  expect(await view.barriers()).toEqual([]);
  await view.page.getByRole("link", { name: "Explain it as it would be now" }).click();
  await view.page.getByRole("heading", { name: /^Not answered from the cache/ }).waitFor();
  expect(await view.excessWidth()).toBe(0);
  expect(view.complaints).toEqual([]);
});
