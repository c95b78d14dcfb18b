import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";

/** A file of those that are installed beside the binary. */
export function deployed(name: string): string {
  return resolve(import.meta.dir, "../../deploy", name);
}

export interface Query {
  readonly panel: string;
  readonly expr: string;
}

const dashboardSchema = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional() }),
  ),
});

/** What the dashboard asks Prometheus, with something in the places that Grafana fills. */
export function dashboardQueries(): readonly Query[] {
  const { panels } = dashboardSchema.parse(
    JSON.parse(readFileSync(deployed("grafana-dashboard.json"), "utf8")),
  );
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expr: expr.replaceAll("$__rate_interval", "5m").replace(/\$(job|instance|site)/g, ".*"),
    })),
  );
}

/** The names of families in a query, without the beginning that all have, and without the ends of a histogram's series. */
export function namesIn(expr: string): string[] {
  const names = [...expr.matchAll(/\bcacheproxy_([a-z0-9_]+)/g)].map(([, name = ""]) => name);
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, "")))];
}
