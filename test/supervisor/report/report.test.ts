import { describe, expect, test } from "bun:test";
import { type Report, reportSchema, type StoredFindings } from "../../../src/control/report.ts";
import { createAdminApp } from "../../../src/supervisor/admin/app.ts";
import { reportRoutes } from "../../../src/supervisor/admin/report-routes.ts";
import { FleetError } from "../../../src/supervisor/fleet-error.ts";
import { createReport, type ReportOptions, sharesOf } from "../../../src/supervisor/report/report.ts";
import { causesOf, seen, times } from "./seen.ts";

const findings: StoredFindings = { looked: 4, isWhole: true, splits: [], personal: [] };
const rule = { where: "file", text: "Add a rule", copy: "[[site.rule]]" } as const;

function openApp(parts: Partial<ReportOptions> = {}) {
  const asked: number[] = [];
  const report = createReport({
    causes: async (since) => {
      asked.push(since);
      const causes = [...causesOf([seen("/news")]), ...causesOf([seen("/form", { reason: "post" })], false)];
      return { from: 1, until: 2, totals: [], causes };
    },
    findings: async () => findings,
    advise: async (targets) => targets.map(() => [rule]),
    startedAt: 7,
    ...parts,
  });
  const app = createAdminApp({ routes: reportRoutes(report), onError: () => undefined });
  return { app, asked };
}

describe("GET /report", () => {
  test("tells causes, shares, changes, and what of the stored and the unstored looks wrong", async () => {
    const { app, asked } = openApp();
    const response = await app.request("/report?since=60");
    const report: Report = reportSchema.parse(await response.json());
    expect(asked).toEqual([60]);
    expect(report).toMatchObject({ from: 1, until: 2, startedAt: 7, stored: findings });
    expect([report.avoidable, report.unavoidable]).toEqual([times(9), times(11)]);
    expect(report.changes.map(({ copy, matches }) => [copy, matches])).toEqual([["[[site.rule]]", "/news"]]);
    expect(report.unstored.map(({ url }) => url)).toEqual(["http://shop.example/news"]);
  });

  test("is of the last hour where nothing is said", async () => {
    const { app, asked } = openApp();
    await app.request("/report");
    expect(asked).toEqual([3600]);
  });

  test.each([
    ["since=1h", "since: should be a number of seconds"],
    ["since=0", "since: should be a number of seconds above 0"],
    ["since=Infinity", "since: should be a number of seconds"],
    ["since=1&since=2", "since: it should be there once"],
    ["site=shop", "the query: "],
  ])("%s is refused with what would be right", async (query, message) => {
    const { app, asked } = openApp();
    const response = await app.request(`/report?${query}`);
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: expect.stringContaining(message) },
    ]);
    expect(asked).toEqual([]);
  });

  test("says why it cannot be told", async () => {
    const { app } = openApp({ causes: () => Promise.reject(new FleetError("no worker can tell")) });
    const response = await app.request("/report");
    expect([response.status, await response.json()]).toEqual([503, { error: "no worker can tell" }]);
  });

  test("tells what was counted also where what is stored cannot be looked through, and why that is so", async () => {
    const { app } = openApp({ findings: () => Promise.reject(new FleetError("the index is damaged")) });
    const report: Report = reportSchema.parse(await (await app.request("/report")).json());
    expect(report.storedProblem).toBe("the index is damaged");
    expect(report.stored).toEqual({ looked: 0, isWhole: false, splits: [], personal: [] });
    expect(report.changes).toHaveLength(1);
  });

  test("is made for one after the other", async () => {
    let [made, most] = [0, 0];
    const first = Promise.withResolvers<void>();
    const { app } = openApp({
      findings: async () => {
        made += 1;
        most = Math.max(most, made);
        await first.promise;
        made -= 1;
        return findings;
      },
    });
    const answers = [1, 2, 3].map(() => app.request("/report"));
    first.resolve();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(most).toBe(1);
  });
});

test("of all causes what could have been hits is put together, and all else could be none", () => {
  const avoidable = causesOf([seen("/a", { all: times(10), again: times(8) })]);
  const others = causesOf([seen("/b", { all: times(5), again: times(5) })], false);
  expect(sharesOf([...avoidable, ...others])).toEqual({ avoidable: times(8), unavoidable: times(7) });
  expect(sharesOf([])).toEqual({ avoidable: times(0), unavoidable: times(0) });
});
