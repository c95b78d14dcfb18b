import { expect, test } from "bun:test";
import type { CauseTarget } from "../../../src/control/cacheability.ts";
import type { Framing } from "../../../src/rules/exchange.ts";
import { adviceFor } from "../../../src/serve/explain/advice.ts";
import { splitFor } from "../../../src/supervisor/findings/split-advice.ts";
import { type Advise, changesFor } from "../../../src/supervisor/report/changes.ts";
import { createReport } from "../../../src/supervisor/report/report.ts";
import { heeding, httpDate, judged, loaded, noSite, type Scene, shop } from "../../serve/explain/advised.ts";
import { answered, causesOf } from "./seen.ts";

/** What the report would have changed is changed, by the code that reads configurations, and what was seen is stored then. */

interface Mistake {
  readonly reason: string;
  readonly paths: readonly string[];
  readonly response: Readonly<Record<string, string>>;
  readonly request?: Readonly<Record<string, string>>;
  readonly framing?: Framing;
}

const minute = "max-age=60";

const mistakes: readonly Mistake[] = [
  { reason: "no-lifetime", paths: ["/news/1", "/news/2", "/news/3"], response: {} },
  { reason: "no-lifetime", paths: ["/", "/caf%C3%A9/100%25?a=1"], response: {} },
  { reason: "no-lifetime", paths: ["/news/1", "/news/2"], response: {}, request: { Cookie: "session=1" } },
  {
    reason: "unstated-lifetime-of-stream",
    paths: ["/img/a.png", "/img/b.png"],
    response: { "content-type": "image/png" },
    framing: "chunked",
  },
  {
    reason: "never-fresh",
    paths: ["/media/a/1.css", "/media/b/2.css"],
    response: { "content-type": "text/css", "cache-control": "max-age=0" },
  },
  { reason: "response-private", paths: ["/a", "/b", "/c/d"], response: { "cache-control": "private" } },
  { reason: "response-no-store", paths: ["/c/1", "/c/2", "/c/3"], response: { "cache-control": "no-store" } },
  { reason: "set-cookie", paths: ["/welcome", "/hello"], response: { "set-cookie": "seen=1" } },
  {
    reason: "set-cookie",
    paths: ["/a.js", "/b.js"],
    response: { "content-type": "text/javascript", "set-cookie": "seen=1" },
  },
  {
    reason: "stored-for-validation",
    paths: ["/v/1", "/v/2", "/v/3"],
    response: { etag: '"a"', "cache-control": "no-cache" },
  },
  { reason: "stored-heuristic", paths: ["/g/1", "/g/2"], response: { "last-modified": httpDate(100_000) } },
  {
    reason: "stored-explicit",
    paths: ["/sale?utm_source=a", "/sale?utm_source=b"],
    response: { "cache-control": minute },
  },
  {
    reason: "stored-explicit",
    paths: ["/menu"],
    response: { "cache-control": minute, vary: "cookie" },
    request: { Cookie: "session=1" },
  },
];

interface Judging {
  readonly scene: Scene;
  readonly framing?: Framing;
}

async function judgedOf({ scene, framing = "length" }: Judging, { url, evidence }: CauseTarget) {
  const response = Object.fromEntries(evidence.responseFields);
  return await judged(
    { ...scene, response },
    {
      ...{ response, framing, status: evidence.status },
      request: [...evidence.requestFields],
      target: url.replace("http://shop.example", ""),
    },
  );
}

function advisedBy(judging: Judging): Advise {
  return (asked) =>
    Promise.all(
      asked.map(async ({ target, paths }) => {
        const facts = await judgedOf(judging, target);
        return adviceFor(paths === null ? facts : { ...facts, paths });
      }),
    );
}

const isStored = expect.stringMatching(/^stored-(?!for-)/);

for (const { reason, paths, response, request = {}, framing } of mistakes) {
  test(`${reason}: the rule for all of ${paths.join(", ")} has each of them stored`, async () => {
    const before = { scene: shop, ...(framing && { framing }) };
    const targets = paths.map((path) =>
      answered(path, Object.entries(response), { reason }, Object.entries(request)),
    );
    for (const target of targets) expect((await judgedOf(before, target)).fetched?.reason).toBe(reason);
    const [change, ...others] = await changesFor(causesOf(targets), advisedBy(before));
    expect([change?.where, change?.urls.length, others]).toEqual(["file", paths.length, []]);
    if (change === undefined) return;
    for (const target of targets) {
      const { fetched } = await judgedOf({ ...before, scene: heeding(shop, change) }, target);
      expect([change.copy, fetched?.reason]).toEqual([change.copy, isStored]);
    }
  });
}

test("all rules of a report may be copied into a file that has no site, and each of them counts", async () => {
  const targets = [
    answered("/a", [], { site: "" }),
    answered("/b", [["set-cookie", "seen=1"]], { site: "", reason: "set-cookie" }),
    answered("/c", [["cache-control", "private"]], { site: "", reason: "response-private" }),
  ];
  const causes = causesOf(targets);
  const { plan } = await loaded(noSite);
  const split = { site: "", host: "shop.example", copies: 3, bytes: 30, compared: 3, bodies: 1 };
  const many = { ...split, pages: 1, values: [] };
  const splits = [
    splitFor({ ...many, path: "/list", by: "tracking", names: ["utm_source"] }, plan),
    splitFor({ ...many, path: "/menu", by: "vary", names: ["user-agent"] }, plan),
  ];
  const report = createReport({
    causes: async () => ({ from: 0, until: 1, totals: [], causes }),
    findings: async () => ({ looked: 6, isWhole: true, splits, personal: [] }),
    advise: advisedBy({ scene: noSite }),
    startedAt: 0,
  });
  const { changes, stored } = await report(60);
  const rules = [...changes, ...stored.splits.flatMap(({ advice }) => advice)].filter(
    ({ where }) => where === "file",
  );
  const below = "below the [[site]] of the first rule of this report";
  expect(rules.map(({ text }) => text.split(", ").slice(-2).join(", "))).toEqual([
    expect.stringMatching(/, at the end of cacheproxy.toml:$/),
    `${below}, before its other rules:`,
    `${below}, before its other rules:`,
    `${below}, after its other rules:`,
    `${below}, before its other rules:`,
  ]);
  const scene = rules.reduce((copied, rule) => heeding(copied, rule), noSite);
  for (const target of targets) expect((await judgedOf({ scene }, target)).fetched?.reason).toEqual(isStored);
  expect((await loaded(scene)).plan.sites.map(({ rules: copied }) => copied.length)).toEqual([rules.length]);
});
