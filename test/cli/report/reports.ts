import type { Cause } from "../../../src/control/cacheability.ts";
import { type Report, reportSchema } from "../../../src/control/report.ts";

const evidence = { method: "GET", status: 200, requestFields: [], responseFields: [] };

/** A cause of so many requests, of which so many could have been hits. */
export function aCause(reason: string, all: number, again: number, change: Partial<Cause> = {}): Cause {
  const why = { site: "shop", forwarded: "miss", reason };
  const volume = (requests: number) => ({ requests, bytes: requests * 2048, milliseconds: requests * 50 });
  const url = `http://shop.example/${reason}`;
  return {
    ...why,
    all: volume(all),
    ...{ again: volume(again), avoidable: volume(again) },
    sentences: ["asked the origin: nothing is stored for this target (RFC 9111 §4)", `not stored: ${reason}`],
    isAvoidable: again > 0,
    advice: [{ where: "origin", text: "Have the server send:", copy: "Cache-Control: s-maxage=60" }],
    targets: [{ ...why, url, all: volume(all), again: volume(again), clients: 3, bodies: 1, evidence }],
    ...change,
  };
}

const rule = `[[site.rule]]
if = { path = "/img/*.png" }
lifetime = "1d"`;

/** An hour of a shop, with one of everything that a report tells. */
export function aReport(change: Partial<Report> = {}): Report {
  return reportSchema.parse({
    from: Date.UTC(2026, 0, 5, 10, 5),
    until: Date.UTC(2026, 0, 5, 11, 5),
    startedAt: Date.UTC(2026, 0, 4, 9),
    totals: [{ site: "shop", requests: 10_000, bytes: 20_480_000, hits: 8000, hitBytes: 16_384_000 }],
    causes: [
      aCause("set-cookie", 1000, 900),
      aCause("no-lifetime", 400, 300),
      aCause("method-not-cached", 500, 0),
    ],
    avoidable: { requests: 1200, bytes: 2_457_600, milliseconds: 60_000 },
    unavoidable: { requests: 700, bytes: 1_433_600, milliseconds: 35_000 },
    changes: [
      {
        site: "shop",
        ...{ forwarded: "miss", reason: "no-lifetime" },
        where: "file",
        text: 'If every visitor gets the same, add a rule to the file, below [[site]] "shop", before its other rules:',
        copy: rule,
        matches: "/img/*.png",
        saves: { requests: 300, bytes: 614_400, milliseconds: 15_000 },
        urls: ["http://shop.example/img/a.png", "http://shop.example/img/b.png"],
      },
    ],
    stored: {
      looked: 12_345,
      isWhole: true,
      splits: [
        {
          ...{ site: "shop", host: "shop.example", path: "/list", by: "vary", name: "user-agent" },
          ...{ copies: 120, pages: 3, bytes: 4_718_592, values: ["Mozilla/5.0", "curl/8"] },
          advice: [{ where: "origin", text: "Have the server send no Vary: User-Agent.", copy: null }],
        },
      ],
      personal: [
        {
          ...{ site: "shop", url: "http://shop.example/account", signs: ['its path has "account"'] },
          ...{ requests: 1, advice: [{ where: "file", text: "Take the rule away.", copy: null }] },
        },
      ],
    },
    storedProblem: null,
    unstored: [
      {
        ...{ site: "shop", url: "http://shop.example/about", signs: ["the same body for 12 clients"] },
        ...{ requests: 40, advice: [] },
      },
    ],
    ...change,
  });
}

export const withoutTraffic: Partial<Report> = {
  totals: [],
  causes: [],
  changes: [],
  avoidable: { requests: 0, bytes: 0, milliseconds: 0 },
  unavoidable: { requests: 0, bytes: 0, milliseconds: 0 },
};

/** The names whose values are of a few that the program knows. */
const fixedNames: readonly string[] = ["where", "by"];

/** The report with another text in place of each that may come from outside. */
export function withTextEverywhere(report: Report, change: (text: string) => string): Report {
  const text = JSON.stringify(report, (name, value: unknown) =>
    typeof value === "string" && !fixedNames.includes(name) ? change(value) : value,
  );
  return reportSchema.parse(JSON.parse(text));
}
