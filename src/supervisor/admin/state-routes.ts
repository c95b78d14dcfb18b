import { z } from "zod";
import { type Readiness, readinessSchema } from "../../control/readiness.ts";
import type { Counters } from "../../control/messages.ts";
import { statsSchema } from "../../control/stats.ts";
import type { WorkerStatus } from "../fleet.ts";
import type { Health } from "../health.ts";
import type { KeeperStatus, Totals } from "../keeper-slot.ts";
import type { Route } from "./route.ts";

export interface Stats {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly workers: readonly WorkerStatus[];
  readonly keeper: KeeperStatus & { readonly residentBytes?: number | undefined };
  /** Summed over all workers. */
  readonly counters: Counters;
  readonly store: Totals & { readonly maxBytes: number };
  readonly logLinesDropped: number;
}

export interface StateDuties {
  health(): Health;
  readiness(): Promise<Readiness>;
  stats(): Promise<Stats>;
}

const healthSchema = z.object({ status: z.enum(["ok", "degraded"]), reasons: z.array(z.string()) });

/** Whether all is well, and what was done since the start. */
export function stateRoutes({ health, readiness, stats }: StateDuties): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/healthz",
      summary: "whether all is well (200), or why not (503)",
      audience: "healthz",
      answer: healthSchema,
      respond(context) {
        const now = health();
        return context.json(now, now.status === "ok" ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "/readyz",
      summary:
        "whether clients may be sent here (200): all workers serve, and each site has an origin that answers",
      audience: "readyz",
      answer: readinessSchema,
      async respond(context) {
        const now = await readiness();
        return context.json(now, now.status === "ready" ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "/stats",
      summary: "what was counted since the start, workers, and what is stored",
      audience: "operator",
      answer: statsSchema,
      respond: async (context) => context.json(await stats()),
    },
  ];
}
