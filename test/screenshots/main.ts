/** Takes pictures of the operator's page, and of a report, while visitors are in a shop; two are kept for the README. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { type RunningBrowser, startBrowser, type View, type Window } from "../e2e/browser.ts";
import { runBinary } from "../e2e/harness.ts";
import { startWatchedProxy, type WatchedProxy } from "../e2e/watched.ts";
import { fileFor, serveShop } from "./shop.ts";
import { visit } from "./visitors.ts";

/** Whose pictures the README shows. */
const kept: Readonly<Record<string, string>> = {
  "overview-1440-light.png": "page-light.png",
  "overview-390-dark.png": "page-phone-dark.png",
};
const sections = ["overview", "causes", "requests", "explain", "entries", "fleet"] as const;
type Section = (typeof sections)[number];

const routes: Readonly<Record<Section, string>> = {
  overview: "#/",
  causes: "#/causes",
  requests: "#/requests",
  explain: `#/explain?url=${encodeURIComponent("http://shop.example/welcome")}`,
  entries: "#/entries",
  fleet: "#/fleet",
};
const windows: readonly (Window & { readonly width: number; readonly theme: "light" | "dark" })[] = [
  { width: 1440, theme: "light" },
  { width: 1440, theme: "dark" },
  { width: 390, theme: "light" },
  { width: 390, theme: "dark" },
];

/** Seconds of traffic before the first picture, so that charts have something to show; and what a page takes to fill. */
const before = Number(process.env["SECONDS"] ?? 90);
const untilFull = 3000;
/** Pixels that a picture of the README is high at the most. */
const mostHigh = 960;

const root = resolve(import.meta.dir, "../..");
const pictures = join(root, "dist/screenshots");
const only = process.env["ONLY"]?.split(",");
const isWanted = (name: string) => only === undefined || only.includes(name);

for (const each of [pictures, join(root, "docs")]) await mkdir(each, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), "cacheproxy-screenshots-"));
const shops = [serveShop(), serveShop()] as const;
const file = join(folder, "cacheproxy.toml");
await writeFile(file, fileFor(shops));
const proxy = await startWatchedProxy("http://127.0.0.1:1", { flags: ["--config", file, "--log", "off"] });
const visitors = visit(proxy.url, 60);
const browser = await startBrowser();
try {
  console.log(`visitors come for ${before} s …`);
  await Bun.sleep(before * 1000);
  for (const section of sections.filter(isWanted))
    for (const window of windows) await takePicture(section, window);
  if (isWanted("report")) await takePicturesOfReport(proxy, browser);
} finally {
  await browser.stop();
  await visitors.leave();
  await proxy.stop();
  for (const shop of shops) await shop.stop();
  await rm(folder, { recursive: true });
}

async function takePicture(section: Section, window: (typeof windows)[number]): Promise<void> {
  const view = await proxy.look(browser.open, routes[section], window);
  await Bun.sleep(untilFull);
  const name = `${section}-${window.width}-${window.theme}.png`;
  await view.page.screenshot({ path: join(pictures, name), fullPage: true });
  const keptAs = kept[name];
  if (keptAs !== undefined) await takeTop(view, window, join(root, "docs", keptAs));
  for (const complaint of view.complaints) console.log(`${name}: ${complaint}`);
  const excess = await view.excessWidth();
  if (excess > 0) console.log(`${name}: ${excess} pixels too wide`);
  console.log(relative(root, join(pictures, name)));
  await view.close();
}

/** The README shows about a window of it, down to the last card that is whole. */
async function takeTop({ page }: View, { width }: { readonly width: number }, path: string): Promise<void> {
  const bottoms = await page.evaluate<number[]>(
    "[...document.querySelectorAll('main .card, main .stats')].map((card) => card.getBoundingClientRect().bottom)",
  );
  const below = 16;
  const height = Math.max(...bottoms.filter((bottom) => bottom + below <= mostHigh)) + below;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height } });
}

async function takePicturesOfReport({ cacheDir }: WatchedProxy, { open }: RunningBrowser): Promise<void> {
  const html = join(pictures, "report.html");
  const { code, stderr } = await runBinary(["report", "--html", html, "--cache-dir", cacheDir]);
  if (code !== 0) throw new Error(`no report: ${stderr}`);
  for (const window of windows) {
    const view = await open(`file://${html}`, window);
    await view.page.screenshot({
      path: join(pictures, `report-${window.width}-${window.theme}.png`),
      fullPage: true,
    });
    await view.close();
  }
}
