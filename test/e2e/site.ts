import { join } from "node:path";

const folder = join(import.meta.dir, "../fixtures/site");

/** The site of test/fixtures/site, as a web server would serve it: fresh for a minute, with validators. */
export function serveSite(): { readonly url: string; stop(): Promise<void> } {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    async fetch(request) {
      const path = new URL(request.url).pathname.replace(/\/$/, "/index.html");
      const file = Bun.file(join(folder, path));
      if (!(await file.exists())) return new Response("There is no such page.\n", { status: 404 });
      return new Response(await file.bytes(), {
        headers: {
          "Content-Type": file.type,
          "Cache-Control": "max-age=60",
          "Last-Modified": new Date(file.lastModified).toUTCString(),
        },
      });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}
