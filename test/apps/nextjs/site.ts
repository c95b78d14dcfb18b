import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { run } from "../packages.ts";
import type { Programs } from "../programs.ts";
import { startNginx, type WebServer } from "../web-server.ts";

/** Kept from one time to the next: Next.js is 340 MB. */
const place = resolve(import.meta.dir, "../../../dist/apps/nextjs");

/** A small app, built as for production, behind nginx, which counts what it is asked for. */
export async function startNextApp(programs: Programs, port: number, appPort: number): Promise<WebServer> {
  await mkdir(place, { recursive: true });
  await cp(join(import.meta.dir, "app"), place, { recursive: true });
  const quiet = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  if (!existsSync(join(place, "node_modules/next/package.json")))
    await run(["npm", "install", "--no-audit", "--no-fund"], { folder: place });
  const next = join(place, "node_modules/next/dist/bin/next");
  await run(["node", next, "build"], { folder: place, environment: quiet });
  const words = ["node", next, "start", "--hostname", "127.0.0.1", "--port", `${appPort}`];
  await programs.start("next", words, appPort, { folder: place, environment: quiet });
  const locations = `location / {
    proxy_pass http://127.0.0.1:${appPort};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
  }`;
  return startNginx(programs, port, locations);
}
