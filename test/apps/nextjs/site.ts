import { join } from "node:path";
import type { LivePage } from "../live-page.ts";
import { installApp } from "../node-app.ts";
import { run } from "../packages.ts";
import type { Programs } from "../programs.ts";
import { startNginx, type WebServer } from "../web-server.ts";

const quiet = { NEXT_TELEMETRY_DISABLED: "1" };

/** Below the folder of the app. */
const next = "node_modules/next/dist/bin/next";

/** A small app, built as for production, behind nginx, which counts what it is asked for. */
export async function startNextApp(programs: Programs, port: number, appPort: number): Promise<WebServer> {
  const folder = await installApp("nextjs");
  const environment = { ...quiet, NODE_ENV: "production" };
  await run(["node", next, "build"], { folder, environment });
  const words = ["node", next, "start", "--hostname", "127.0.0.1", "--port", `${appPort}`];
  await programs.start("next", words, appPort, { folder, environment });
  const locations = `location / {
    proxy_pass http://127.0.0.1:${appPort};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
  }`;
  return startNginx(programs, port, locations);
}

/** The same app in the making, without anything before it. */
export async function startNextDevelopment(programs: Programs, port: number): Promise<LivePage> {
  const folder = await installApp("nextjs");
  const words = ["node", next, "dev", "--hostname", "127.0.0.1", "--port", `${port}`];
  const environment = { ...quiet, NODE_ENV: "development" };
  await programs.start("next", words, port, { folder, environment });
  return { path: "/live", source: join(folder, "app/live/page.js"), socket: /\/_next\// };
}
