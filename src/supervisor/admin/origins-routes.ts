import { type OriginsTold, originsSchema } from "../../control/origins.ts";
import type { Route } from "./route.ts";

/** Whether origins are trusted, and what has come of them. */
export function originsRoutes(origins: () => Promise<OriginsTold>): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/origins",
      summary: "each origin: whether it is trusted, what it has answered, how quickly, and what failed",
      audience: "operator",
      answer: originsSchema,
      respond: async (context) => context.json(await origins()),
    },
  ];
}
