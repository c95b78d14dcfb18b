import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../fixtures/port.ts";
import type { RunningBrowser, View, Window } from "./browser.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "./harness.ts";

/** A cacheproxy whose operator's door is open to browsers. */
export interface PageDoor {
  readonly proxy: RunningProxy;
  /** Opens the page at that place: "#/fleet". */
  open(place: string, window?: Window): Promise<View>;
  stop(): Promise<unknown>;
}

/** Starts the binary with an operator's page, which `open` sees with the token. */
export async function startPageDoor(
  origin: string,
  open: RunningBrowser["open"],
  options: ProxyOptions = {},
): Promise<PageDoor> {
  const admin = await freePort();
  const flags = [...(options.flags ?? []), "--admin", `${admin}`];
  const proxy = await startProxy(origin, { ...options, flags });
  const token = readFileSync(join(proxy.cacheDir, "admin.token"), "utf8").trim();
  return {
    proxy,
    open: (place, window = {}) =>
      open(`http://localhost:${admin}/${place}`, { ...window, session: { "cacheproxy-token": token } }),
    stop: proxy.stop,
  };
}
