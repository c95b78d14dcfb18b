import type { BenchOrigin } from "./origin-process.ts";
import { line } from "./report.ts";
import type { Server } from "./servers.ts";
import type { BenchSettings } from "./settings.ts";
import { herd } from "./specials/herd.ts";
import { idleConnections } from "./specials/idle-connections.ts";
import { manyObjects } from "./specials/many-objects.ts";
import type { Outcome, Special } from "./specials/special.ts";

const specials: readonly Special[] = [idleConnections, herd, manyObjects];

export interface SpecialResult {
  readonly name: string;
  /** By server. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export async function measureSpecials(
  servers: readonly Server[],
  origin: BenchOrigin,
  settings: BenchSettings,
  tell: (name: string) => void,
): Promise<SpecialResult[]> {
  const results: SpecialResult[] = [];
  for (const special of specials.filter(({ name }) => settings.workloads.test(name))) {
    tell(special.name);
    results.push({ name: special.name, outcomes: await special.measure(servers, origin, settings) });
  }
  return results;
}

/** Markdown: a row a figure, a column a server. */
export function specialTable({ name, outcomes }: SpecialResult): string {
  const servers = Object.keys(outcomes);
  const figures = [...new Set(Object.values(outcomes).flatMap(Object.keys))];
  const rows = figures.map((figure) =>
    line([figure, ...servers.map((server) => `${outcomes[server]?.[figure] ?? "·"}`)]),
  );
  return [
    `### ${name}`,
    "",
    line(["", ...servers]),
    line(["---", ...servers.map(() => "---")]),
    ...rows,
  ].join("\n");
}
