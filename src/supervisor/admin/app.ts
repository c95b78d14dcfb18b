import { type Context, Hono } from "hono";
import type { Admission } from "./admission.ts";
import { doorRoutes } from "./door-routes.ts";
import type { Refusal } from "./place-of-origin.ts";
import type { Route } from "./route.ts";

export interface AdminAppOptions {
  readonly routes: readonly Route[];
  /** An error nobody foresaw; the client gets a plain 500. */
  readonly onError: (error: Error) => void;
  /** Who may come in; undefined on a unix socket, which the system guards, and where no browser comes. */
  readonly admission?: Admission;
}

/** What a listener tells of a request beside it. */
export interface Connection {
  /** The client's. */
  readonly address?: string;
  /** The client may do so: its answer may take its time. */
  readonly admitted?: () => void;
}

type AdminContext = Context<{ Bindings: Connection }>;

/** Nobody keeps what is said here, shows it in a frame, or takes it for something else. */
const everywhere = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
};

/**
 * The operator's door. JSON in, JSON out. No CORS, and a POST must say that it is JSON, which a page of another site cannot
 * do without asking first.
 */
export function createAdminApp({ routes: others, onError, admission }: AdminAppOptions) {
  const app = new Hono<{ Bindings: Connection }>();
  const routes = [...others, ...doorRoutes(others)];

  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(everywhere)) context.header(name, value);
    const refusal = admission?.ofPlace(context.req.raw);
    if (refusal !== undefined) return refuse(context, refusal);
    await next();
    if (context.req.raw.method === "HEAD") context.res = await headOf(context.res);
    return undefined;
  });

  for (const { method, path, audience, respond } of routes) {
    app.on(method, path, async (context) => {
      const authorization = context.req.header("authorization");
      // Tests give no connection.
      const connection: Connection | undefined = context.env;
      const refusal = await admission?.ofAsker(audience, authorization, connection?.address ?? "");
      if (refusal !== undefined) return refuse(context, refusal);
      connection?.admitted?.();
      return respond(context);
    });
  }

  for (const [path, methods] of Map.groupBy(routes, ({ path }) => path)) {
    const allowed = methods.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    app.all(path, (context) => {
      context.header("Allow", allowed.join(", "));
      return context.json({ error: `${path} takes ${allowed.join(" and ")}` }, 405);
    });
  }
  app.notFound((context) =>
    context.json({ error: "there is no such thing; GET / tells what there is" }, 404),
  );
  app.onError((error, context) => {
    onError(error);
    return context.json({ error: "internal error; the log tells more" }, 500);
  });
  return app;
}

/** The answer to HEAD: how long the body would be, unless it would go on for as long as somebody reads it, and nobody does. */
async function headOf(answer: Response): Promise<Response> {
  const { status } = answer;
  const headers = new Headers(answer.headers);
  if (headers.get("content-type")?.startsWith("text/event-stream")) {
    await answer.body?.cancel();
    headers.set("Transfer-Encoding", "chunked");
  } else headers.set("Content-Length", `${(await answer.arrayBuffer()).byteLength}`);
  return new Response(null, { status, headers });
}

function refuse(context: AdminContext, { status, error }: Refusal): Response {
  if (status === 401) context.header("WWW-Authenticate", "Bearer");
  if (status === 429) context.header("Retry-After", "1");
  // Its body, if there is one, is not waited for.
  context.header("Connection", "close");
  return context.json({ error }, status);
}
