import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileOfStep } from "../cli/readme-files.ts";
import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";
import { get, type RawResponse } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, startProxy } from "./harness.ts";

/** The steps of the README, before origins that state no lifetime: what it shows is what is seen. */

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();
const keep = stoppedAfterEach();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-readme-"));
});
afterAll(() => rm(folder, { recursive: true }));

function answer({ request, respond }: Exchange): Promise<boolean> {
  const type = request.target.endsWith(".css") ? "text/css" : "text/html";
  return respond(200, { "Content-Type": type }, request.target);
}

function startShop(): Promise<Origin> {
  return startOrigin((exchange) => void answer(exchange));
}

/** The file as it is shown, but for the ports, which may be taken. */
async function proxyOf(heading: string, ...origins: readonly Origin[]): Promise<RunningProxy> {
  const shown = ["http://127.0.0.1:8081", "http://127.0.0.1:8082"];
  const file = join(folder, "cacheproxy.toml");
  const text = fileOfStep(readme, heading).replace(/^listen = .*$/m, "");
  await Bun.write(
    file,
    origins.reduce((written, { url }, number) => written.replace(shown[number] ?? "", url), text),
  );
  return keep(await startProxy("http://127.0.0.1:1", { flags: ["--config", file] }));
}

function visit({ port }: RunningProxy, target: string, fields: Record<string, string> = {}) {
  return get(port, target, { Host: "shop.example", ...fields });
}

/** A second may have gone by. */
function withoutSeconds(text: string): string {
  return text.replaceAll(/\bttl=\d+/g, "ttl=…");
}

function expectShown(response: RawResponse): void {
  const status = response.field("cache-status") ?? "none";
  expect(withoutSeconds(readme)).toContain(`\nCache-Status: ${withoutSeconds(status)}\n`);
}

function pagesAskedOf({ requests }: Origin): number {
  return requests.filter(({ target }) => target.startsWith("/page")).length;
}

describe("the steps of the README", () => {
  test("a site and a preset: what is stored, hit, passed and refused is told as it is shown", async () => {
    const shop = keep(await startShop());
    const proxy = await proxyOf("2. A file with a site and a preset", shop);
    const answers = [
      await visit(proxy, "/static/shop.css?utm_source=letter"),
      await visit(proxy, "/static/shop.css"),
      await visit(proxy, "/"),
      await visit(proxy, "/", { Cookie: "wordpress_logged_in_1=anna" }),
      await visit(proxy, "/", { Host: "elsewhere.example" }),
    ];
    for (const each of answers) expectShown(each);
    expect(answers.map((each) => each.field("x-cache"))).toEqual(["MISS", "HIT", "MISS", "PASS", "ERROR"]);
    expect(answers.at(-1)?.status).toBe(421);
    expect(shop.requests.map(({ target }) => target)).toEqual(["/static/shop.css", "/", "/"]);
  });

  test("a second origin: both are asked; one may go unseen; with both gone what is stored is there", async () => {
    const [one, other] = [await startShop(), await startShop()];
    const proxy = await proxyOf("4. A second origin", one, other);
    const pages = Array.from({ length: 8 }, (_, number) => `/page/${number}`);
    for (const page of pages) expect((await visit(proxy, page)).status).toBe(200);
    expect([pagesAskedOf(one), pagesAskedOf(other)].map((asked) => asked > 0)).toEqual([true, true]);

    await one.stop();
    for (const page of pages) expect((await visit(proxy, `${page}/more`)).text).toBe(`${page}/more`);

    await other.stop();
    expect((await visit(proxy, "/page/0")).field("x-cache")).toBe("HIT");
    expectShown(await untilLeftAlone(proxy));
  });
});

/** The first answer that is made without asking anybody: each worker has to find out for itself. */
async function untilLeftAlone(proxy: RunningProxy): Promise<RawResponse> {
  for (let number = 0; number < 100; number++) {
    const response = await visit(proxy, `/new/${number}`);
    if (response.status === 503) {
      expect(Number(response.field("retry-after"))).toBeGreaterThan(0);
      return response;
    }
    expect(response.status).toBe(502);
  }
  throw new Error("origins that are gone are asked for ever");
}
