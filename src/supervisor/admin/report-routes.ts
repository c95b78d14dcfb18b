import { reportSchema } from "../../control/report.ts";
import type { TellReport } from "../report/report.ts";
import { sinceSchema } from "./causes-routes.ts";
import { asked, type Route } from "./route.ts";

/** What to change so that more is answered from the cache. */
export function reportRoutes(report: TellReport): readonly Route[] {
  return [
    asked(
      {
        path: "/report",
        summary: "what could have been hits and was none, what to change, and what of the stored looks wrong",
        audience: "operator",
        query: sinceSchema,
        answer: reportSchema,
      },
      async ({ since }, context) => context.json(await report(since)),
    ),
  ];
}
