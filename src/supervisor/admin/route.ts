import type { Context } from "hono";
import { z } from "zod";
import { UsageError } from "../../config/usage-error.ts";
import { FleetError } from "../fleet-error.ts";

/**
 * One thing that can be asked of the operator's door. The app, the list of what there is and the description for programs
 * are made of these, so that none of them can leave one out.
 */
export interface Route {
  readonly method: "GET" | "POST";
  /** "/purge" */
  readonly path: string;
  /** One line, for who asks what there is: "what has been purged of late". */
  readonly summary: string;
  /** Whose eyes it is for on the network: what an operator may open to all, or what shows URLs or changes something. */
  readonly audience: Audience;
  /** What the query may say, and the body, which is JSON. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** JSON of that shape, or something else: "text/plain". */
  readonly answer: z.ZodType | string;
  readonly respond: (context: Context) => Response | Promise<Response>;
}

/** The names of what can be opened to all, all else, and what tells of nothing but the door itself. */
export type Audience = "healthz" | "readyz" | "metrics" | "operator" | "anyone";

/** A route that takes nothing but its query: text, as the schema reads it, and lists of text where it has lists. */
export function asked<Query extends z.ZodObject>(
  shape: Omit<Route, "method" | "query" | "body" | "respond"> & { readonly query: Query },
  respond: (query: z.infer<Query>, context: Context) => Response | Promise<Response>,
): Route {
  const { query, ...rest } = shape;
  const lists = listsOf(query);
  return {
    ...rest,
    method: "GET",
    query,
    respond: (context) =>
      whatWasAsked(context, () => {
        const wanted = query.safeParse(saidIn(context, lists));
        if (wanted.success) return respond(wanted.data, context);
        throw new UsageError(describeIssue(wanted.error, "the query"));
      }),
  };
}

/** Names that may be there several times. */
function listsOf({ shape }: z.ZodObject): ReadonlySet<string> {
  const lists = Object.entries(shape).filter(([, schema]) => z.safeParse(schema, []).success);
  return new Set(lists.map(([name]) => name));
}

/** Throws a `UsageError` where one text is wanted and there are several: none of them is more meant than another. */
function saidIn(context: Context, lists: ReadonlySet<string>): object {
  const said = Object.entries(context.req.queries()).map(([name, texts]) => {
    if (lists.has(name)) return [name, texts] as const;
    if (texts.length > 1) throw new UsageError(`${name}: it should be there once, not ${texts.length} times`);
    return [name, texts[0]] as const;
  });
  return Object.fromEntries(said);
}

/** A route that does something: its body is JSON of that shape. `example` is one that would be right. */
export function ordered<Body>(
  shape: Omit<Route, "method" | "query" | "body" | "respond"> & {
    readonly body: z.ZodType<Body>;
    readonly example: string;
  },
  respond: (body: Body, context: Context) => Response | Promise<Response>,
): Route {
  const { body, example, ...rest } = shape;
  return {
    ...rest,
    method: "POST",
    body,
    async respond(context) {
      if (!/^application\/json\s*(;|$)/i.test(context.req.header("content-type") ?? ""))
        return context.json({ error: "Content-Type must be application/json" }, 415);
      const wanted = body.safeParse(parseJson(await context.req.text()));
      if (wanted.success) return whatWasAsked(context, () => respond(wanted.data, context));
      return context.json({ error: `${describeIssue(wanted.error, "body")}; for example ${example}` }, 400);
    },
  };
}

/** What was asked for has been done, or why not. */
async function whatWasAsked(context: Context, work: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) return context.json({ error: error.message }, 400);
    if (error instanceof FleetError) return context.json({ error: error.message }, 503);
    throw error;
  }
}

/** Undefined when it is none, which no schema takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeIssue(error: z.ZodError, whole: string): string {
  const issue = error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? whole : issue.path.map(String).join(".");
  return `${where}: ${issue?.message ?? "it is not understood"}`;
}
