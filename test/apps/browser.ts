import { join } from "node:path";

/** A browser that somebody has opened on a page. */
export interface Browser {
  /** As if it were killed: what it was connected to hears of it. */
  close(): Promise<void>;
}

/** Opens Debian's Chromium on a page, without a window. What the page does is for the page to tell. */
export function openBrowser(folder: string, url: string): Browser {
  const profile = join(folder, `browser-${crypto.randomUUID()}`);
  // Root may not have the sandbox, and nothing comes from elsewhere here.
  const words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const quiet = ["--no-first-run", "--disable-background-networking", `--user-data-dir=${profile}`];
  const child = Bun.spawn(["chromium", ...words, ...quiet, url], {
    cwd: folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  return {
    async close() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
