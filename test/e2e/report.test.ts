import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { reportAsPage } from "../../src/cli/report/page.ts";
import { reportInWords } from "../../src/cli/report/report-words.ts";
import { reportSchema } from "../../src/control/report.ts";
import { aReport } from "../cli/report/reports.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { browserOfFile } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const open = browserOfFile();

/** A folder of the cache at whose socket somebody answers as a running cacheproxy does, and what was asked there. */
function standIn(answer: object) {
  const folder = mkdtempSync(join(tmpdir(), "cacheproxy-report-"));
  const asked: string[] = [];
  const server = Bun.serve({
    unix: join(folder, "admin.sock"),
    fetch({ url }) {
      const { pathname, search } = new URL(url);
      asked.push(pathname + search);
      return Response.json(answer);
    },
  });
  return keep({
    folder,
    asked,
    report: (...words: readonly string[]) =>
      runBinary(["report", "--cache-dir", folder, ...words], { folder }),
    async stop() {
      await server.stop(true);
      rmSync(folder, { recursive: true });
    },
  });
}

test("a report is printed as words, or as JSON, or written as a page", async () => {
  const { report, folder, asked } = standIn(aReport());
  expect(await report()).toEqual({ code: 0, stdout: reportInWords(aReport(), 80, false), stderr: "" });
  const { stdout } = await report("--json", "--since", "90m");
  expect(JSON.parse(stdout)).toEqual(aReport());
  expect(await report("--html", "report.html", "--since", "1d")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(readFileSync(join(folder, "report.html"), "utf8")).toBe(reportAsPage(aReport()));
  expect((await report("--html", "-")).stdout).toBe(reportAsPage(aReport()));
  expect(asked).toEqual([3600, 5400, 86_400, 3600].map((seconds) => `/report?since=${seconds}`));
});

const refused: readonly [words: string[], code: number, complaint: RegExp][] = [
  [["--since", "2d"], 2, /--since "2d" should be a time such as 30m or 12h, 1d at the most/],
  [["--since", "often"], 2, /--since "often" should be a time/],
  [["--html", "-", "--json"], 2, /--html - and --json both say what is printed/],
  [["--html", "nowhere/report.html"], 1, /--html "nowhere\/report.html" cannot be written \(ENOENT\)/],
  [["--html", "folder"], 1, /--html "folder" cannot be written \(EISDIR\)/],
];

test.each(refused)("%j is refused in one line", async (words, code, complaint) => {
  const { report, folder } = standIn(aReport());
  mkdirSync(join(folder, "folder"));
  const run = await report(...words);
  expect([run.code, run.stdout, run.stderr.trimEnd().split("\n").length]).toEqual([code, "", 1]);
  expect(run.stderr).toMatch(complaint);
});

test("where none runs, that is said", async () => {
  const { code, stderr } = await runBinary(["report", "--cache-dir", join(tmpdir(), "no-such-folder")]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("no cacheproxy of yours is running")]);
});

test("two workers' report says what their origin does wrong, how often, and the rule that mends it", async () => {
  const origin = keep(
    await startOrigin(({ respond }) => void respond(200, { "Content-Type": "image/png" }, "a picture")),
  );
  const proxy = keep(await startProxy(origin.url));
  for (let time = 0; time < 12; time++)
    for (const name of ["a", "b"]) await get(proxy.port, `/img/${name}.png`);
  const report = (...words: readonly string[]) =>
    runBinary(["report", "--cache-dir", proxy.cacheDir, ...words]);
  const { avoidable, totals } = reportSchema.parse(JSON.parse((await report("--json")).stdout));
  expect([totals.map(({ requests }) => requests), avoidable.requests]).toEqual([[24], 22]);
  const { code, stdout } = await report();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^could be hits +22 +91\.7 %/m);
  expect(stdout).toMatch(/^no-lifetime +22 +91\.7 %/m);
  expect(stdout).toMatch(/^1\. \/img\/\*\.png \(no-lifetime\)\n {3}saves up to 22 requests, 91\.7 % of all/m);
  expect(stdout).toContain('if = { path = "/img/*.png" }');
});

test.each([
  [1440, "light"],
  [390, "dark"],
] as const)("the page is good to look at %i pixels wide, %s", async (width, theme) => {
  const view = await open(servedPage(), { width, theme });
  for (const cause of await view.page.locator("summary").all()) await cause.press("Enter");
  expect(await view.page.locator("details[open]").count()).toBe(2);
  expect([view.complaints, await view.barriers(), await view.excessWidth()]).toEqual([[], [], 0]);
});

test("printed it is dark on light, and all of it is seen", async () => {
  const { page } = await open(servedPage(), { theme: "dark" });
  expect(await page.getByText("Have the server send:").first().isVisible()).toBe(false);
  await page.emulateMedia({ media: "print" });
  expect(await page.getByText("Have the server send:").first().isVisible()).toBe(true);
  expect(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor")).toBe(
    "rgb(255, 255, 255)",
  );
});

/** Where the page of a report can be had. */
function servedPage(): string {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(reportAsPage(aReport()), { headers: { "Content-Type": "text/html" } }),
  });
  keep({ stop: () => server.stop(true) });
  return server.url.href;
}
