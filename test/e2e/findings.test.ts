import { describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportSchema } from "../../src/control/report.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startProxy } from "./harness.ts";
import { untilStored } from "./visitor.ts";

const keep = stoppedAfterEach();

/** A shop that makes each mistake, behind rules that make some. */
const rules = `
[[site.rule]]
name = "forced"
if = { path = "/forced" }
lifetime = "1h"
force = true

[[site.rule]]
name = "bare"
if = { path = "/bare" }
lifetime = "1h"
remove-set-cookie = true

[[site.rule]]
name = "languages"
if = { path = "/languages" }
cookies = ["lang"]
`;

const said: Readonly<Record<string, Record<string, string>>> = {
  "/browsers": { Vary: "User-Agent" },
  "/forced": { "Cache-Control": "private" },
  "/bare": { "Cache-Control": "max-age=60", "Set-Cookie": "session=1", Vary: "Cookie" },
  "/cookie": { "Cache-Control": "max-age=60, public", "Set-Cookie": "session=1" },
  "/account": { "Cache-Control": "max-age=60" },
  "/account/logo.png": { "Content-Type": "image/png" },
};

const visits: readonly (readonly [string, Record<string, string>])[] = [
  ...["a", "b", "c"].map((name) => ["/browsers", { "User-Agent": name }] as const),
  ...["a", "b", "c"].map((name) => ["/languages", { Cookie: `lang=${name}` }] as const),
  ...["", "?utm_source=a", "?utm_source=b"].map((query) => [`/offer${query}`, {}] as const),
  ...["1", "2", "3"].map((id) => [`/pages?id=${id}`, {}] as const),
  ...["/forced", "/bare", "/cookie", "/account", "/account/logo.png"].map((path) => [path, {}] as const),
];

async function ask(cacheDir: string, path: string): Promise<unknown> {
  const response = await fetch(`http://localhost${path}`, { unix: join(cacheDir, "admin.sock") });
  return await response.json();
}

describe.skipIf(process.platform !== "linux")("with two workers", () => {
  test("of what they have stored it is found what splits, and what looks like one person's", async () => {
    const origin = keep(
      await startOrigin(({ request: { target }, respond }) => {
        const path = target.replace(/\?.*/, "");
        const fields = { "Cache-Control": "max-age=60", "Content-Type": "text/html", ...said[path] };
        return void respond(200, fields, path === "/pages" ? `page ${target}` : "the same for all");
      }),
    );
    const folder = await mkdtemp(join(tmpdir(), "cacheproxy-e2e-"));
    keep({ stop: () => rm(folder, { recursive: true, force: true }) });
    const file = join(folder, "cacheproxy.toml");
    await writeFile(
      file,
      `[[site]]\nname = "shop"\nhosts = ["cache.test"]\norigins = ["${origin.url}"]\n${rules}`,
    );
    const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off", "--config", file] }));
    for (const [target, fields] of visits) await get(proxy.port, target, fields);
    await untilStored(proxy, visits.length);
    const { stored } = reportSchema.parse(await ask(proxy.cacheDir, "/report"));
    expect(stored).toMatchObject({ looked: visits.length, isWhole: true });
    const splits = stored.splits.map(({ by, name, path, copies }) => [by, name, path, copies]);
    expect(splits.toSorted()).toEqual([
      ["cookie", "lang", "/languages", 3],
      ["query", "utm_source", "/offer", 3],
      ["vary", "user-agent", "/browsers", 3],
    ]);
    const suspects = stored.personal.map(({ url }) => new URL(url).pathname);
    expect(suspects.toSorted()).toEqual(["/account", "/bare", "/cookie", "/forced"]);
    const forced = stored.personal.find(({ url }) => url.endsWith("/forced"));
    expect(forced?.advice[0]?.text).toContain('the rule "forced" has it stored for everybody');
  });
});
