import { accepts } from "hono/accepts";
import { z } from "zod";
import { describeRoutes } from "./open-api.ts";
import { pageFor } from "./page.ts";
import type { Route } from "./route.ts";

const listed = z.object({
  routes: z.array(
    z.object({
      method: z.enum(["GET", "POST"]),
      path: z.string(),
      summary: z.string(),
      audience: z.string(),
    }),
  ),
});

/** What tells of the door itself: a page for who comes with a browser, a list, and a description for programs. */
export function doorRoutes(others: readonly Route[]): readonly Route[] {
  const overview: Route = {
    method: "GET",
    path: "/",
    summary: "what there is to ask: a page in a browser, else this list, or the same as JSON",
    audience: "anyone",
    answer: listed,
    respond(context) {
      context.header("Vary", "Accept, Accept-Encoding");
      const supports = ["text/plain", "text/html", "application/json"];
      const wanted = accepts(context, { header: "Accept", supports, default: "text/plain" });
      if (wanted === "application/json") return context.json({ routes: routes.map(listedAs) });
      if (wanted !== "text/html") return context.text(listOf(routes));
      const { req } = context;
      const [codings, known] = [req.header("accept-encoding"), req.header("if-none-match")];
      const { headers, body } = pageFor(codings ?? "identity", known ?? "");
      // By the context, which adds what all answers have.
      return body === null ? context.body(null, 304, headers) : context.body(body, 200, headers);
    },
  };
  const description: Route = {
    method: "GET",
    path: "/openapi.json",
    summary: "all of it, as OpenAPI describes it",
    audience: "anyone",
    answer: z.record(z.string(), z.unknown()),
    respond: (context) => context.json(described()),
  };
  const routes = [...others, overview, description];
  let document: object | undefined;
  const described = () => (document ??= describeRoutes(routes));
  return [overview, description];
}

function listedAs({ method, path, summary, audience }: Route): z.infer<typeof listed>["routes"][number] {
  return { method, path, summary, audience };
}

/** For a terminal: one line each, in columns. */
function listOf(routes: readonly Route[]): string {
  const widest = Math.max(...routes.map(({ path }) => path.length));
  const lines = routes.map(
    ({ method, path, summary }) => `${method.padEnd(4)}  ${path.padEnd(widest)}  ${summary}`,
  );
  return `${lines.join("\n")}\n`;
}
