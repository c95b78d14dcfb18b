import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { reportAsPage } from "../../src/cli/report/page.ts";
import { reportInWords } from "../../src/cli/report/report-words.ts";
import { aReport } from "../cli/report/reports.ts";
import { browserOfFile } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary } from "./harness.ts";

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

test.each([
  [1440, "light"],
  [390, "dark"],
] as const)("the page is good to look at %i pixels wide, %s", async (width, theme) => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(reportAsPage(aReport()), { headers: { "Content-Type": "text/html" } }),
  });
  keep({ stop: () => server.stop(true) });
  const view = await open(server.url.href, { width, theme });
  for (const cause of await view.page.locator("summary").all()) await cause.press("Enter");
  expect(await view.page.locator("details[open]").count()).toBe(2);
  expect([view.complaints, await view.barriers(), await view.excessWidth()]).toEqual([[], [], 0]);
});
