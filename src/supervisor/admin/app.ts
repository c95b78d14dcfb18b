import { Hono } from "hono";
import type { Route } from "./route.ts";

export interface AdminAppOptions {
  readonly routes: readonly Route[];
  /** An error nobody foresaw; the client gets a plain 500. */
  readonly onError: (error: Error) => void;
  /** Which names a Host field may bear; undefined on a unix socket, where no browser comes. */
  readonly hostName?: string;
}

/**
 * The operator's door. JSON in, JSON out. No CORS, and a POST must say that it is JSON, which a page of another site cannot
 * do without asking first.
 */
export function createAdminApp({ routes, onError, hostName }: AdminAppOptions): Hono {
  const app = new Hono();

  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    if (hostName !== undefined && !hostPermitted(context.req.header("host"), hostName)) {
      return context.json({ error: `Host must be an address, localhost or ${hostName}` }, 421);
    }
    return next();
  });

  for (const { method, path, respond } of routes) app.on(method, path, respond);

  app.notFound((context) => {
    const there = routes.map(({ method, path }) => `${method} ${path}`);
    return context.json({ error: `there are ${there.slice(0, -1).join(", ")} and ${there.at(-1)}` }, 404);
  });
  app.onError((error, context) => {
    onError(error);
    return context.json({ error: "internal error; the log tells more" }, 500);
  });
  return app;
}

/**
 * Against DNS rebinding: a page whose name was made to point here sends that name as Host. An address cannot be made to
 * point elsewhere, so addresses are safe.
 */
export function hostPermitted(host: string | undefined, hostName: string): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return (
    name === "localhost" ||
    name === hostName.toLowerCase() ||
    /^\d{1,3}(\.\d{1,3}){3}$/.test(name) ||
    /^\[[0-9a-f:.]+\]$/.test(name)
  );
}
