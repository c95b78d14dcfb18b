import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { metrics } from "../../src/control/metrics.ts";
import { unpackedProgram } from "../e2e/programs.ts";
import { dashboardQueries, deployed, namesIn } from "./queries.ts";

/** What is installed beside the binary asks for what there is, in words that Prometheus understands. */

const ruleFileSchema = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const ruleTestsSchema = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});

const rules = ruleFileSchema
  .parse(Bun.YAML.parse(readFileSync(deployed("alerts.yml"), "utf8")))
  .groups.flatMap((group) => group.rules);
const cases = ruleTestsSchema
  .parse(Bun.YAML.parse(readFileSync(deployed("alerts-test.yml"), "utf8")))
  .tests.flatMap((each) => each.alert_rule_test);

test.each([
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboardQueries().map(({ panel, expr }) => [panel, expr] as const),
])("%s asks for what is measured", (_, expr) => {
  expect(namesIn(expr)).not.toBeEmpty();
  for (const name of namesIn(expr)) expect(Object.keys(metrics)).toContain(name);
});

test("all that is measured is on the dashboard, but for what needs no curve", () => {
  const shown = new Set(dashboardQueries().flatMap(({ expr }) => namesIn(expr)));
  const unseen = Object.keys(metrics).filter((name) => !shown.has(name));
  expect(unseen).toEqual(["websockets_total", "start_time_seconds"]);
});

test("each alert has a case in which it fires and one in which it does not", () => {
  const outcomes = rules.map(({ alert }) => {
    const its = cases.filter(({ alertname }) => alertname === alert);
    return [
      alert,
      its.some((one) => one.exp_alerts.length > 0),
      its.some((one) => one.exp_alerts.length === 0),
    ];
  });
  expect(outcomes).toEqual(rules.map(({ alert }) => [alert, true, true]));
  expect(outcomes).toHaveLength(6);
});

test("the panels of the dashboard have numbers of their own and lie beside each other", () => {
  const panelsSchema = z.object({
    panels: z.array(
      z.object({ id: z.int(), gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }) }),
    ),
  });
  const { panels } = panelsSchema.parse(JSON.parse(readFileSync(deployed("grafana-dashboard.json"), "utf8")));
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, place) => `${x + (place % w)} ${y + Math.floor(place / w)}`),
  );
  expect(new Set(taken).size).toBe(taken.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

const promtool = unpackedProgram("promtool", "prometheus");
const missing = "missing" in promtool ? promtool.missing : undefined;

describe.skipIf(missing !== undefined)(`promtool${missing === undefined ? "" : ` (${missing})`}`, () => {
  function ask(...words: string[]): { readonly code: number; readonly said: string } {
    const path = "path" in promtool ? promtool.path : "";
    const child = Bun.spawnSync([path, ...words], { cwd: deployed("."), stdio: ["ignore", "pipe", "pipe"] });
    return { code: child.exitCode, said: `${child.stdout}${child.stderr}` };
  }

  test.each([
    ["the alerts", ["check", "rules", "alerts.yml"]],
    ["when they fire", ["test", "rules", "alerts-test.yml"]],
    ["how it is scraped", ["check", "config", "--syntax-only", "prometheus.yml"]],
  ])("agrees to %s", (_, words) => {
    const { code, said } = ask(...words);
    expect(said).toContain("SUCCESS");
    expect(code).toBe(0);
  });

  test("understands each query of the dashboard", () => {
    const folder = mkdtempSync(join(tmpdir(), "cacheproxy-deploy-"));
    try {
      const asRules = dashboardQueries().map(({ expr }, place) => ({ record: `query_${place}`, expr }));
      const file = join(folder, "queries.yml");
      // JSON is YAML, too.
      writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules: asRules }] }));
      const { code, said } = ask("check", "rules", file);
      expect(said).toContain(`${asRules.length} rules found`);
      expect(code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
