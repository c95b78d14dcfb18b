import { type Overview, overviewSchema } from "../../control/overview.ts";
import type { Route } from "./route.ts";

export interface OverviewDuties {
  read(): Promise<Overview>;
}

/** What is going on, for who looks at it all the time. */
export function overviewRoutes({ read }: OverviewDuties): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/overview",
      summary:
        "what is going on at one look: rates, outcomes, latency, sums, what is stored, and how it was of late",
      audience: "operator",
      answer: overviewSchema,
      respond: async (context) => context.json(await read()),
    },
  ];
}
