import { z } from "zod";
import { entriesAnswerSchema, entryAnswerSchema } from "../../control/entries.ts";
import { entriesQuerySchema } from "../../control/entries-query.ts";
import type { Entries } from "../entries.ts";
import { asked, type Route } from "./route.ts";

const nameSchema = z.strictObject({
  key: z.string("should be the key of an entry, as the list tells it"),
  /** "" where nothing is said: the response that depends on no field of the request. */
  variant: z.string().default(""),
});

/** Shows what is stored. */
export function entriesRoutes({ page, entry }: Entries): readonly Route[] {
  return [
    asked(
      {
        path: "/entries",
        summary: "what is stored, a page at a time, sorted and narrowed down",
        audience: "operator",
        query: entriesQuerySchema,
        answer: entriesAnswerSchema,
      },
      async (query, context) => context.json(await page(query, context.req.raw.signal)),
    ),
    asked(
      {
        path: "/entries/entry",
        summary: "one stored response in full, by its key and variant",
        audience: "operator",
        query: nameSchema,
        answer: entryAnswerSchema,
      },
      async ({ key, variant }, context) => {
        const found = await entry(key, variant, context.req.raw.signal);
        return found === null
          ? context.json({ error: "nothing is stored under that key and variant" }, 404)
          : context.json(found);
      },
    ),
  ];
}
