import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { browserOfFile, type Window } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import type { RunningProxy } from "./harness.ts";
import { until } from "./visitor.ts";
import { startWatchedProxy } from "./watched.ts";

const keep = stoppedAfterEach();
const open = browserOfFile();

async function openOverview(window: Window = {}) {
  const origin = keep(
    await startOrigin((exchange) => {
      const lasting = exchange.request.target.startsWith("/own") ? "no-store" : "max-age=600";
      return void exchange.respond(
        200,
        { "Cache-Control": lasting, "Content-Type": "text/plain" },
        "0123456789",
      );
    }),
  );
  const proxy = keep(await startWatchedProxy(origin.url, { flags: ["--log", "off"] }));
  for (const path of ["/page", "/page", "/page", ...Array<string>(8).fill("/own")])
    await get(proxy.port, path);
  return { proxy, ...(await proxy.look(open, "", window)) };
}

/** What /metrics tells under that name, summed over all but the label that is named: `requests_total{cache="HIT"}`. */
async function toldOf(metrics: readonly string[], proxy: RunningProxy): Promise<number[]> {
  const answer = await fetch("http://localhost/metrics", { unix: join(proxy.cacheDir, "admin.sock") });
  const lines = (await answer.text()).split("\n");
  return metrics.map((metric) => {
    const [, name = "", label = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(metric) ?? [];
    const its = lines.filter(
      (line) => /^\w+/.exec(line)?.[0] === `cacheproxy_${name}` && line.includes(label),
    );
    return its.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  });
}

/** The names of what the page shows and /metrics tells, once they say the same. */
async function untilTheyAgree(page: Page, proxy: RunningProxy): Promise<string[]> {
  let names: string[] = [];
  await until(async () => {
    const shown = await page.evaluate<[string, string][]>(
      "Array.from(document.querySelectorAll('[data-metric]'), (each) => [each.dataset.metric, each.value])",
    );
    names = shown.map(([metric]) => metric);
    const told = await toldOf(names, proxy);
    return shown.length > 0 && shown.every(([, value], place) => Number(value) === told[place]);
  });
  return names;
}

test("sums are those of /metrics, and go on with what comes", async () => {
  const { page, proxy, complaints } = await openOverview();
  const hits = page.locator(`[data-metric='requests_total{cache="HIT"}']`);
  await hits.waitFor();
  const names = await untilTheyAgree(page, proxy);
  expect(names).toEqual(
    expect.arrayContaining([
      'requests_total{cache="HIT"}',
      'requests_total{cache="MISS"}',
      "requests_total",
      "sent_bytes_total",
      "saved_bytes_total",
      'store_bytes{tier="disk"}',
      'store_objects{tier="memory"}',
    ]),
  );
  expect(await hits.getAttribute("value")).toBe("2");
  for (let times = 0; times < 7; times += 1) await get(proxy.port, "/page");
  await until(async () => (await hits.getAttribute("value")) === "9");
  await untilTheyAgree(page, proxy);
  expect(complaints).toEqual([]);
}, 30_000);

test("the charts fill, with words for who does not see them, on a phone as well", async () => {
  const { page, complaints, barriers, excessWidth } = await openOverview({ width: 390, theme: "dark" });
  await page.getByRole("img", { name: "Requests in a second by what the cache did" }).waitFor();
  // A first stretch of five seconds is over.
  await page.locator(".legend dt", { hasText: /^HIT$/ }).waitFor();
  expect(await page.locator(".plot canvas").count()).toBe(4);
  expect(await barriers()).toEqual([]);
  expect(await excessWidth()).toBe(0);
  expect(complaints).toEqual([]);
}, 30_000);

test("says since when it knows nothing new, and goes on when there is an answer again", async () => {
  const { page, proxy } = await openOverview();
  await page.getByText("all is well").waitFor();
  await page.route("**/overview", (route) => route.abort());
  await page.getByText(/cacheproxy does not answer; these numbers are \d+ s old/).waitFor();
  await page.unroute("**/overview");
  await get(proxy.port, "/page");
  await page.getByText("all is well").waitFor();
  expect(await page.getByText("does not answer").count()).toBe(0);
}, 30_000);

test("leads to the costliest of what could have been hits", async () => {
  const { page, complaints, excessWidth } = await openOverview({ width: 390 });
  await page.getByRole("cell", { name: "Not stored: the response says Cache-Control: no-store" }).waitFor();
  expect(await excessWidth()).toBe(0);
  await page.getByRole("link", { name: "What to change" }).click();
  await page.getByRole("heading", { name: "Why requests were no hits" }).waitFor();
  expect(complaints).toEqual([]);
}, 30_000);

test("a new version has its own page", async () => {
  const { page } = await openOverview();
  await page.getByText("all is well").waitFor();
  await page.route("**/overview", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), version: "99.0.0" } });
  });
  await page.getByRole("button", { name: "Version 99.0.0 runs now" }).click();
  await page.getByText("all is well").waitFor();
  expect(await page.getByRole("button", { name: "Version 99.0.0" }).count()).toBe(0);
}, 30_000);
