import type { Measures } from "../../control/measures.ts";
import { exposition, expositionType } from "../measures/exposition.ts";
import type { Route } from "./route.ts";

export interface MetricsDuties {
  /** What all processes have measured until now. */
  measures(): Promise<Measures>;
}

/** For Prometheus and all that reads the same. */
export function metricsRoutes({ measures }: MetricsDuties): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/metrics",
      summary: "what is measured, for Prometheus",
      audience: "metrics",
      answer: expositionType,
      async respond(context) {
        return context.body(exposition(await measures()), 200, { "Content-Type": expositionType });
      },
    },
  ];
}
