import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../fixtures/port.ts";
import type { RunningBrowser, View, Window } from "./browser.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "./harness.ts";

/** A proxy whose page people look at. */
export interface WatchedProxy extends RunningProxy {
  /** Where the page is: "http://127.0.0.1:4711/". */
  readonly pageUrl: string;
  readonly token: string;
  /** What a program that has the token is answered. */
  ask(path: string): Promise<Response>;
  /** The page as one sees it who has given the token before; the route is "#/" and what is behind it. */
  look(open: RunningBrowser["open"], route?: string, window?: Window): Promise<View>;
}

/** Where the page keeps the token. */
const tokenKey = "cacheproxy-token";

export async function startWatchedProxy(origin: string, options: ProxyOptions = {}): Promise<WatchedProxy> {
  const port = await freePort();
  const flags = ["--admin", `${port}`, ...(options.flags ?? [])];
  const proxy = await startProxy(origin, { ...options, flags });
  const token = readFileSync(join(proxy.cacheDir, "admin.token"), "utf8").trim();
  const pageUrl = `http://127.0.0.1:${port}/`;
  return {
    ...proxy,
    pageUrl,
    token,
    ask: (path) => fetch(new URL(path, pageUrl), { headers: { Authorization: `Bearer ${token}` } }),
    look: (open, route = "", window = {}) =>
      open(pageUrl + route, { ...window, session: { [tokenKey]: token } }),
  };
}
