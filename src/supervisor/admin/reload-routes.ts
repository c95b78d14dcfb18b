import { z } from "zod";
import { type ReloadAnswer, reloadAnswerSchema } from "../../control/reload.ts";
import { ordered, type Route } from "./route.ts";

export interface ReloadDuties {
  /** Rejects with a `UsageError` when something is wrong with the configuration, with a `FleetError` when it cannot act. */
  request(): Promise<ReloadAnswer>;
}

/** Has the configuration read anew. */
export function reloadRoutes({ request }: ReloadDuties): readonly Route[] {
  return [
    ordered(
      {
        path: "/reload",
        summary: "read the file and the certificates anew",
        audience: "operator",
        body: z.unknown(),
        example: "{}",
        answer: reloadAnswerSchema,
      },
      async (_, context) => context.json(await request()),
    ),
  ];
}
