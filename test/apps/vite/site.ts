import { join } from "node:path";
import type { LivePage } from "../live-page.ts";
import { installApp } from "../node-app.ts";
import type { Programs } from "../programs.ts";

/** Vite's server for a page in the making. */
export async function startVite(programs: Programs, port: number): Promise<LivePage> {
  const folder = await installApp("vite");
  const where = ["--host", "127.0.0.1", "--port", `${port}`, "--strictPort"];
  await programs.start("vite", ["node", "node_modules/vite/bin/vite.js", ...where], port, { folder });
  return { path: "/", source: join(folder, "sentence.js"), socket: /\/\?token=/ };
}
