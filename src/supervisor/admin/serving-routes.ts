import { type Serving, servingSchema } from "../../control/serving.ts";
import type { Configuration } from "../configuration.ts";
import type { Route } from "./route.ts";

/** Says where clients come in, for who wants to come in there. */
export function servingRoutes(current: () => Configuration): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/serving",
      summary: "where it listens, whom it trusts, the largest body it stores, and the hosts of each site",
      audience: "operator",
      answer: servingSchema,
      respond: (context) => context.json(servingOf(current())),
    },
  ];
}

function servingOf({ settings, plan }: Configuration): Serving {
  const { listen, trust, maxObject } = settings;
  const sites = plan.sites.map(({ name, hosts }) => ({ name, hosts }));
  return servingSchema.parse({ listen, trust, maxObject, sites });
}
