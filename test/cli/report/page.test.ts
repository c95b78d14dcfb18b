import { expect, test } from "bun:test";
import { reportAsPage } from "../../../src/cli/report/page.ts";
import { aReport, withoutTraffic, withTextEverywhere } from "./reports.ts";

test("the page asks for nothing else, and no script may run in it", () => {
  const page = reportAsPage(aReport());
  expect(page).toContain("default-src &#x27;none&#x27;; style-src &#x27;sha256-");
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\son\w+=|\sstyle=|\shref=/);
});

test("what came from outside is text, wherever it stands", async () => {
  const evil = `"'><script>alert(1)</script><!--`;
  const page = reportAsPage(withTextEverywhere(aReport(), (text) => evil + text));
  const elements = async (html: string) => {
    const names: string[] = [];
    const reader = new HTMLRewriter().on("*", {
      element: ({ tagName, attributes }) =>
        void names.push(`${tagName} ${Array.from(attributes, ([name]) => name).join(" ")}`),
    });
    await reader.transform(new Response(html)).text();
    return names;
  };
  expect(await elements(page)).toEqual(await elements(reportAsPage(aReport())));
  expect(page).toContain("&lt;script&gt;alert(1)");
});

test("it does not reorder what is read", () => {
  expect(reportAsPage(withTextEverywhere(aReport(), (text) => `\u202e${text}`))).not.toContain("\u202e");
});

const shown: readonly [what: string, text: string][] = [
  ["the time", "10:05 to 11:05 UTC on 05 Jan 2026"],
  [
    "a chart in words",
    'aria-label="Requests: 80.0 % hits, 12.0 % could be hits, 7.0 % cannot be hits, 1.0 % answered otherwise"',
  ],
  ["a chart of the parts in proportion", '<rect class="avoidable" x="800" width="120" height="20"/>'],
  ["how much of what could be hits has a cause", '<rect class="avoidable" width="75" height="10"/>'],
  [
    "what is to be copied, line by line",
    "[[site.rule]]\nif = { path = &quot;/img/*.png&quot; }\nlifetime = &quot;1d&quot;</pre>",
  ],
  ["what is stored many times", "120 copies by Vary: user-agent, 4.5 MB; 3 pages are split so"],
  ["what looks personal", "http://shop.example/account"],
  ["what looks public", "http://shop.example/about"],
];

test.each(shown)("it shows %s", (_, text) => {
  expect(reportAsPage(aReport())).toContain(text);
});

test("sites have a table of their own where there are several", () => {
  const [site] = aReport().totals;
  const totals = ["shop", "blog"].flatMap((name) => (site === undefined ? [] : [{ ...site, site: name }]));
  expect(reportAsPage(aReport({ totals }))).toContain('<h2 id="sites">');
  expect(reportAsPage(aReport())).not.toContain('<h2 id="sites">');
});

test("without any request it says so, and divides by nothing", () => {
  const page = reportAsPage(aReport(withoutTraffic));
  expect(page).toContain("There was no request in this time.");
  expect(page).not.toMatch(/NaN|Infinity/);
});
