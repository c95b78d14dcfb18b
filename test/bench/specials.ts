import { messageOf } from "./failure.ts";
import type { BenchOrigin } from "./origin-process.ts";
import { line } from "./report.ts";
import type { Server } from "./servers.ts";
import type { BenchSettings } from "./settings.ts";
import { fiftySites } from "./specials/fifty-sites.ts";
import { herd } from "./specials/herd.ts";
import { idleConnections } from "./specials/idle-connections.ts";
import { manyObjects } from "./specials/many-objects.ts";
import type { Outcome, Special } from "./specials/special.ts";
import { twoWorkers } from "./specials/two-workers.ts";

export const specials: readonly Special[] = [twoWorkers, fiftySites, idleConnections, herd, manyObjects];

export interface SpecialResult {
  readonly name: string;
  /** By server. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** What kept servers from having any, by server. */
  readonly failed: Readonly<Record<string, string>>;
}

export async function measureSpecial(
  special: Special,
  servers: readonly Server[],
  origin: BenchOrigin,
  settings: BenchSettings,
): Promise<SpecialResult> {
  const outcomes: Record<string, Outcome> = {};
  const failed: Record<string, string> = {};
  for (const server of servers) {
    try {
      const outcome = await special.measure(server, origin, settings);
      if (outcome !== null) outcomes[server.name] = outcome;
    } catch (error) {
      failed[server.name] = messageOf(error);
    }
  }
  return { name: special.name, outcomes, failed };
}

/** Markdown: a row a figure, a column a server; below, who failed. */
export function specialTable({ name, outcomes, failed }: SpecialResult): string {
  const servers = Object.keys(outcomes);
  const figures = [...new Set(Object.values(outcomes).flatMap(Object.keys))];
  const rows = figures.map((figure) =>
    line([figure, ...servers.map((server) => `${outcomes[server]?.[figure] ?? "·"}`)]),
  );
  const failures = Object.entries(failed).map(([server, why]) => `- ${server} ${why}`);
  return [
    `### ${name}`,
    "",
    line(["", ...servers]),
    line(["---", ...servers.map(() => "---")]),
    ...rows,
    ...(failures.length === 0 ? [] : ["", ...failures]),
  ].join("\n");
}
