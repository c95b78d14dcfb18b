import { reportSchema } from "../../control/report.ts";
import type { TellReport } from "../report/report.ts";
import { sinceSchema } from "./causes-routes.ts";
import { createTurns } from "../turns.ts";
import { asked, type Route } from "./route.ts";

/** A report with all its advice is megabytes, and takes a tenth of a second: one is made after the other. */
const mostWaiting = 32;

/** What to change so that more is answered from the cache. */
export function reportRoutes(report: TellReport): readonly Route[] {
  const turns = createTurns(1, mostWaiting, "too many ask for a report just now");
  return [
    asked(
      {
        path: "/report",
        summary: "what could have been hits and was none, what to change, and what of the stored looks wrong",
        audience: "operator",
        query: sinceSchema,
        answer: reportSchema,
      },
      async ({ since }, context) =>
        context.json(await turns.take(() => report(since), context.req.raw.signal)),
    ),
  ];
}
