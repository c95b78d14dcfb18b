/**
 * What somebody who looks at the operator's page costs the supervisor while others are served: `bun test/bench/page.ts
 * [SECONDS]`, after `make cacheproxy`; needs wrk and Chromium, and Linux. Shares of a core, for each section of the page beside
 * one that nobody looks at.
 */
import { readFileSync } from "node:fs";
import { parseStat } from "../../src/supervisor/process-look.ts";
import { startBrowser } from "../e2e/browser.ts";
import { startWatchedProxy, type WatchedProxy } from "../e2e/watched.ts";

const seconds = Number(process.argv[2] ?? 20);
/** What is compiled, and asked for once, in the first seconds is not what it costs. */
const settlingSeconds = 10;
const sections = ["", "#/causes", "#/requests", "#/explain", "#/entries", "#/fleet"];

const origin = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: ({ url }) => {
    const lasting = url.includes("/own") ? "no-store" : "max-age=600";
    return new Response("a page", { headers: { "Cache-Control": lasting, "Content-Type": "text/plain" } });
  },
});
const browser = await startBrowser();
const proxy = await startWatchedProxy(`http://127.0.0.1:${origin.port}`, { flags: ["--log", "off"] });
const load = ["/page", "/own"].map((path) =>
  Bun.spawn(["wrk", "-t1", "-c8", "-d3600", `http://127.0.0.1:${proxy.port}${path}`], { stdout: "ignore" }),
);
try {
  await Bun.sleep(settlingSeconds * 1000);
  console.log(`nobody looks: ${inWords(await shareSpent(proxy))}`);
  for (const section of sections) {
    const view = await proxy.look(browser.open, section);
    await Bun.sleep(settlingSeconds * 1000);
    console.log(`/${section}: ${inWords(await shareSpent(proxy))}`);
    await view.page.context().close();
  }
} finally {
  for (const each of load) each.kill();
  await Promise.all([proxy.stop(), browser.stop()]);
  await origin.stop(true);
}

async function shareSpent({ pid }: WatchedProxy): Promise<number> {
  const spent = () => parseStat(readFileSync(`/proc/${pid}/stat`, "utf8")).processorSeconds;
  const [before, at] = [spent(), performance.now()];
  await Bun.sleep(seconds * 1000);
  return (spent() - before) / ((performance.now() - at) / 1000);
}

function inWords(share: number): string {
  return `${(100 * share).toFixed(2)} % of a core`;
}
