import { z } from "zod";
import { causesSchema } from "../../control/cacheability.ts";
import type { CausesWatch } from "../cacheability/causes.ts";
import { asked, type Route } from "./route.ts";

/** Of how long a time something is told: seconds before now. */
export const sinceSchema = z.strictObject({
  since: z.coerce
    .number("should be a number of seconds")
    .positive("should be a number of seconds above 0")
    .default(3600)
    .describe("of so many seconds before now; 3600 if nothing is said, a day at the most"),
});

/** Why requests were no hits. */
export function causesRoutes({ causes }: Pick<CausesWatch, "causes">): readonly Route[] {
  return [
    asked(
      {
        path: "/causes",
        summary:
          "why requests were no hits, the costliest cause first, what to change, and the URLs behind it",
        audience: "operator",
        query: sinceSchema,
        answer: causesSchema,
      },
      async ({ since }, context) => context.json(await causes(since)),
    ),
  ];
}
