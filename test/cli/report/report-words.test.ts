import { expect, test } from "bun:test";
import { reportInWords } from "../../../src/cli/report/report-words.ts";
import type { Report } from "../../../src/control/report.ts";
import { aCause, aReport, withoutTraffic, withTextEverywhere } from "./reports.ts";

const inWords = (report: Report, columns = 80) => reportInWords(report, columns, false);

test("a report tells shares, causes, changes to copy, what is stored many times and what looks wrong", () => {
  expect(inWords(aReport()).split("\n")).toEqual([
    "What could be hits, and is not",
    "10:05 to 11:05 UTC on 05 Jan 2026",
    "",
    "                       requests               bytes",
    "hits                      8,000   80.0 %    15.6 MB   80.0 %  █████████████",
    "could be hits             1,200   12.0 %     2.3 MB   12.0 %  ██",
    "cannot be hits              700    7.0 %     1.4 MB    7.0 %  █",
    "answered otherwise          100    1.0 %   200.0 kB    1.0 %  █",
    "all                      10,000             19.5 MB",
    "",
    "Why they were no hits                could be hits   of all      bytes    waited",
    "set-cookie                                     900    9.0 %     1.8 MB    45.0 s",
    "  asked the origin: nothing is stored for this target (RFC 9111 §4)",
    "  not stored: set-cookie",
    "no-lifetime                                    300    3.0 %   600.0 kB    15.0 s",
    "  asked the origin: nothing is stored for this target (RFC 9111 §4)",
    "  not stored: no-lifetime",
    "",
    "Cannot be hits: method-not-cached 500, asked for the first time 200.",
    "",
    "What to change, what saves most first",
    "",
    "1. /img/*.png (no-lifetime)",
    "   saves up to 300 requests, 3.0 % of all, 3.0 % of bytes, 15.0 s of waiting",
    "   for instance http://shop.example/img/a.png, and 1 more",
    "   If every visitor gets the same, add a rule to the file, below [[site]]",
    '   "shop", before its other rules:',
    "          [[site.rule]]",
    '          if = { path = "/img/*.png" }',
    '          lifetime = "1d"',
    "",
    "Stored many times  of 12,345 stored responses",
    "",
    "shop.example/list",
    "   120 copies by Vary: user-agent, 4.5 MB; 3 pages are split so",
    "   such as Mozilla/5.0, curl/8",
    "   Have the server send no Vary: User-Agent.",
    "",
    "Looks personal, and is given to everybody",
    "",
    "http://shop.example/account                                            1 request",
    '   its path has "account"',
    "   Take the rule away.",
    "",
    "Looks public, and is not stored",
    "",
    "http://shop.example/about                                            40 requests",
    "   the same body for 12 clients",
    "",
  ]);
});

const others: readonly [what: string, change: Partial<Report>, line: string][] = [
  ["that no request came", withoutTraffic, "There was no request in this time."],
  ["that nothing could be better", { causes: [] }, "All that could be hits were hits."],
  [
    "that it is of all the time since the start",
    { startedAt: Date.UTC(2026, 0, 5, 10, 7) },
    "10:07 to 11:05 UTC on 05 Jan 2026, all since its start",
  ],
  [
    "both days where there are two",
    { from: Date.UTC(2026, 0, 4, 12) },
    "04 Jan 2026, 12:00 to 05 Jan 2026, 11:05 UTC",
  ],
  [
    "that not all that is stored was looked at",
    { stored: { ...aReport().stored, isWhole: false } },
    "of the 12,345 stored responses that were looked at, which were not all",
  ],
  [
    "why nothing is told of what is stored",
    { storedProblem: "the index is damaged" },
    "What is stored could not be looked through: the index is damaged.",
  ],
  [
    "how many causes are left out",
    { causes: Array.from({ length: 11 }, (_, place) => aCause(`reason-${place}`, 9, 9)) },
    "and 3 more, which save less; --json tells all",
  ],
  [
    "of which site a cause is, where there are several",
    { totals: ["shop", "blog"].map((site) => ({ ...siteOf(aReport()), site })) },
    "shop: set-cookie",
  ],
];

function siteOf({ totals }: Report) {
  const [site] = totals;
  if (site === undefined) throw new Error("the report has no site");
  return site;
}

test.each(others)("it tells %s", (_, change, line) => {
  expect(inWords(aReport(change))).toContain(line);
});

test.each([60, 80, 100])("in %d columns all fits but what is to be copied", (columns) => {
  const long = withTextEverywhere(aReport(), (text) => `${text}${"/long".repeat(3)}`);
  const copied = aReport().changes.flatMap(({ copy }) => copy?.split("\n") ?? []);
  const lines = inWords(long, columns).split("\n");
  const isCopied = (line: string) => copied.some((each) => line.includes(each)) || line.includes("s-maxage");
  expect(lines.filter((line) => Bun.stringWidth(line) > columns && !isCopied(line))).toEqual([]);
});

test("nothing from outside colours the terminal, moves its cursor or ends a line", () => {
  const text = inWords(withTextEverywhere(aReport(), (text) => `${text}\u001b[31m\r\u202e`));
  for (const character of ["\u001b", "\r", "\u202e"]) expect(text).not.toContain(character);
  expect(text).toContain("\\u001b[31m");
});

test("it has colours where these are wanted", () => {
  expect(reportInWords(aReport(), 80, true)).toContain('\u001b[32mlifetime = "1d"\u001b[39m');
});
