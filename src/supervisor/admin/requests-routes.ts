import { z } from "zod";
import { requestFilter } from "../../control/request-filter.ts";
import { requestsKept, requestsSchema } from "../../control/requests.ts";
import type { Fleet } from "../fleet.ts";
import { asked, type Route } from "./route.ts";

const whereInWords = "conditions that all hold: site=shop cache=MISS ms>200 path=/cart*";
const where = z.string().max(2000).default("").describe(whereInWords);

const query = z.object({
  where,
  limit: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(requestsKept))
    .default(20)
    .describe("so many at most"),
});

/** The requests of late. */
export function requestsRoutes({ ask }: Pick<Fleet, "ask">): readonly Route[] {
  return [
    asked(
      {
        path: "/requests",
        summary: `the last requests, the newest first; each worker keeps ${requestsKept}`,
        audience: "operator",
        query,
        answer: requestsSchema,
      },
      async ({ where, limit }, context) => {
        // What is not understood is told here, and not by each worker.
        requestFilter(where);
        const told = await ask({ about: "requests", where, limit });
        const requests = told.flatMap(({ answer }) => answer.requests);
        const newest = requests.sort((one, other) => other.at - one.at).slice(0, limit);
        return context.json({ requests: newest });
      },
    ),
  ];
}
