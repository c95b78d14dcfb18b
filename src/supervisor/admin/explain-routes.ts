import { z } from "zod";
import {
  type Explanation,
  type ExplainRequest,
  explainRequestSchema,
  explanationSchema,
  fieldIn,
} from "../../control/explanation.ts";
import { UsageError } from "../../config/usage-error.ts";
import { asked, type Route } from "./route.ts";

export interface ExplainDuties {
  /** Rejects with a `FleetError` where no worker can tell. */
  explain(request: ExplainRequest): Promise<Explanation>;
}

const queryFields = z.strictObject({
  url: explainRequestSchema.shape.url.describe("a URL, or a path of the first site"),
  method: explainRequestSchema.shape.method.default("GET").describe("of the request; GET if nothing is said"),
  header: z
    .array(z.string())
    .default([])
    .describe('a field of it, "Cookie: lang=de"; may be there several times'),
  from: explainRequestSchema.shape.from.unwrap().optional().describe("the client's address"),
  fetch: z
    .enum(["0", "1"])
    .default("0")
    .describe("1: the origin is asked, and its answer judged, not stored"),
});

/** Says what would become of a request, and why. */
export function explainRoutes({ explain }: ExplainDuties): readonly Route[] {
  return [
    asked(
      {
        path: "/explain",
        summary: "what would become of a request now, and why",
        audience: "operator",
        query: queryFields,
        answer: explanationSchema,
      },
      async ({ url, method, header, from = null, fetch }, context) => {
        const fields = header.map(fieldOf);
        const wanted = explainRequestSchema.safeParse({ url, method, fields, from, fetch: fetch === "1" });
        if (!wanted.success) throw new UsageError(complaintOf(wanted.error));
        return context.json(await explain(wanted.data));
      },
    ),
  ];
}

function complaintOf({ issues: [issue] }: z.ZodError): string {
  const name = issue?.path[0] === "fields" ? "header:" : String(issue?.path[0]);
  return `${name} ${issue?.message}`;
}

function fieldOf(line: string): [name: string, value: string] {
  const field = fieldIn(line);
  if (field !== undefined) return field;
  throw new UsageError(`header: ${JSON.stringify(line)} should be such as "Cookie: lang=de"`);
}
