import { topSchema } from "../../control/top.ts";
import type { TopWatch } from "../top.ts";
import type { Route } from "./route.ts";

/** What is going on: rates, and what costs the origin most. */
export function topRoutes({ read }: Pick<TopWatch, "read">): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/top",
      summary: "rates of late, what costs the origin most, and workers",
      audience: "operator",
      answer: topSchema,
      respond: async (context) => context.json(await read()),
    },
  ];
}
