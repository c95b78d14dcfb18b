import { z } from "zod";
import { requestFilter } from "../../control/request-filter.ts";
import { requestsKept, requestsSchema } from "../../control/requests.ts";
import type { Fleet } from "../fleet.ts";
import type { Following } from "../following.ts";
import { createTurns } from "../turns.ts";
import { eventsOf } from "./event-stream.ts";
import { asked, type Route } from "./route.ts";

export interface RequestsDuties {
  readonly ask: Fleet["ask"];
  readonly follow: Following["follow"];
  /** An error nobody foresaw. */
  readonly onError: (error: Error) => void;
}

const where = z
  .string()
  .max(2000)
  .default("")
  .describe("conditions that all hold: site=shop cache=MISS ms>200 path=/cart*");

const amount = z
  .string()
  .regex(/^\d{1,5}$/, "it should be a number")
  .transform(Number)
  .pipe(z.int().min(1).max(requestsKept));

const limit = amount.default(20).describe("so many at most");
/** Who shows them to people cannot show thousands in a second, and has the supervisor read them for nothing. */
const limitAtOnce = amount
  .optional()
  .describe("of each worker so many at a time at most, the latest; it is asked four times in a second");

/** Of ten thousand requests a worker makes megabytes of JSON, and who serves there waits: one asks after the other. */
const mostWaiting = 32;

/** The requests of late, and as they happen. What is not understood of `where` is told here, and not by each worker. */
export function requestsRoutes({ ask, follow, onError }: RequestsDuties): readonly Route[] {
  const audience = "operator";
  const turns = createTurns(1, mostWaiting, "too many look at the requests just now");
  return [
    asked(
      {
        path: "/requests",
        summary: `the last requests, the newest first; each worker keeps ${requestsKept}`,
        ...{ audience, query: z.strictObject({ where, limit }), answer: requestsSchema },
      },
      async (query, context) => {
        requestFilter(query.where);
        const told = await turns.take(() => ask({ about: "requests", ...query }), context.req.raw.signal);
        const requests = told.flatMap(({ answer }) => answer.requests);
        const newest = requests.sort((one, other) => other.at - one.at).slice(0, query.limit);
        return context.json({ requests: newest });
      },
    ),
    asked(
      {
        path: "/events",
        summary: "requests as they happen",
        ...{ audience, query: z.strictObject({ where, limit: limitAtOnce }), answer: "text/event-stream" },
      },
      async (query, context) => {
        requestFilter(query.where);
        return eventsOf(context, await follow(query.where, query.limit), onError);
      },
    ),
  ];
}
