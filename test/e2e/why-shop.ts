import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesIn } from "../cli/readme-files.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get, type RawResponse } from "../fixtures/raw-client.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";

/** The shop of the chapter "Why is this not cached?", and what commands say there. */

const html = { "Content-Type": "text/html" };
const pages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/blog/post": html,
  "/blog/1": html,
  "/blog/2": html,
  "/blog/3": html,
  "/catalogue": { ...html, "Cache-Control": "no-cache", ETag: '"v1"' },
  "/news": { ...html, "Cache-Control": "private, no-store" },
  "/welcome": { ...html, "Set-Cookie": "session=8c1f; Path=/; HttpOnly" },
  "/about": { ...html, "Last-Modified": "Wed, 01 Jan 2025 12:00:00 GMT" },
  "/prices": { ...html, "Cache-Control": "max-age=300" },
  "/menu": { ...html, "Cache-Control": "max-age=300", Vary: "Cookie" },
  "/sale": { ...html, "Cache-Control": "max-age=300" },
  "/style.css": { "Content-Type": "text/css", "Cache-Control": "max-age=300" },
  "/cart": html,
  "/sitemap.xml": { "Content-Type": "application/xml", "Cache-Control": "max-age=300" },
};

const sitemap = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  ${["/about", "/prices", "/style.css", "/news"].map((path) => `<url><loc>http://shop.example${path}</loc></url>`).join("\n  ")}
</urlset>
`;

/** Somebody has been there before. */
const visited: readonly (readonly [target: string, fields: Readonly<Record<string, string>>])[] = [
  ["/menu", { Cookie: "session=anna" }],
  ["/style.css", {}],
];

export interface WhyShop {
  /** What the program says to these words. */
  run(words: readonly string[]): Promise<string>;
  /** What the operator's door answers. */
  ask(path: string): Promise<Response>;
  /** What a visitor gets. */
  visit(target: string, fields?: Readonly<Record<string, string>>): Promise<RawResponse>;
  /** With the port that the chapter's file has. */
  asShown(text: string): string;
  stop(): Promise<void>;
}

/** One command of the chapter, and what stands below it. */
export interface ShownCommand {
  readonly words: readonly string[];
  readonly shown: string;
  /** As it stands there, with its fences. */
  readonly block: string;
}

export function chapterIn(readme: string, heading: string): string {
  const [, chapter = ""] = readme.split(`\n## ${heading}\n`);
  return chapter.split("\n## ")[0] ?? "";
}

export function commandsOf(chapter: string): ShownCommand[] {
  const blocks = chapter.matchAll(/^```console\n\$ \.\/cacheproxy ([^\n]*)\n(.*?)^```$/gms);
  return Array.from(blocks, ([block, command = "", shown = ""]) => ({
    words: Array.from(command.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word),
    shown,
    block,
  }));
}

/** Starts the shop with the file of the chapter, but for its ports, and has it visited. */
export async function startWhyShop(chapter: string): Promise<WhyShop> {
  const folder = await mkdtemp(join(tmpdir(), "cacheproxy-why-"));
  const origin = await startOrigin(({ request, respond }) => {
    const [path = ""] = request.target.split("?", 1);
    const fields = pages[path];
    const body = path === "/sitemap.xml" ? sitemap : "page";
    return void respond(fields === undefined ? 404 : 200, fields ?? html, body);
  });
  const file = join(folder, "cacheproxy.toml");
  const [text = ""] = filesIn(chapter);
  await Bun.write(file, text.replace(/^listen = .*$/m, "").replace("http://127.0.0.1:8081", origin.url));
  const proxy = await startProxy("http://127.0.0.1:1", { flags: ["--config", file] });
  for (const [target, fields] of visited) await visitUntilHits(proxy, target, fields);
  const asShown = (text: string) => text.replaceAll(origin.url, "http://127.0.0.1:8081");
  return {
    asShown,
    ask: (path) => fetch(`http://localhost${path}`, { unix: join(proxy.cacheDir, "admin.sock") }),
    visit: (target, fields = {}) => visit(proxy, target, fields),
    async run(words) {
      const { stdout, stderr } = await runBinary([...words, "--cache-dir", proxy.cacheDir]);
      return asShown(stdout + stderr);
    },
    async stop() {
      await proxy.stop();
      await origin.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function visit({ port }: RunningProxy, target: string, fields: Readonly<Record<string, string>>) {
  return get(port, target, { Host: "shop.example", ...fields });
}

/** Until every worker finds it. */
async function visitUntilHits(proxy: RunningProxy, target: string, fields: Readonly<Record<string, string>>) {
  let hits = 0;
  while (hits < 4) {
    const answer = await visit(proxy, target, fields);
    hits = answer.field("x-cache") === "HIT" ? hits + 1 : 0;
  }
}

/** Without what differs from run to run, and lines that are broken elsewhere because of that. */
export function steady(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/after \d+ ms/g, "after some ms")
    .replaceAll(/ (in memory|on disk), \d+ seconds? old; fresh for another \d+ \w+/g, " young and fresh")
    .replaceAll(/fresh for another \d+ \w+/g, "fresh");
}
