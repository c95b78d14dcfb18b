import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Report, reportSchema } from "../../src/control/report.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";
import { untilStored } from "./visitor.ts";

/** A shop that makes each mistake, and what the report of two workers says to it. */

const keep = stoppedAfterEach();

const html = { "Content-Type": "text/html" };

type Fields = Readonly<Record<string, string>>;

function fieldsFor(path: string): Fields {
  if (path.startsWith("/img/")) return { "Content-Type": "image/png" };
  if (path.startsWith("/products/")) return { ...html, "Cache-Control": "no-cache", ETag: '"v1"' };
  if (path === "/welcome") return { ...html, "Set-Cookie": "seen=1" };
  if (path === "/offers") return { ...html, "Cache-Control": "private", ETag: '"v1"' };
  if (path === "/news") return { ...html, "Cache-Control": "private" };
  if (path === "/my-account") return { ...html, "Cache-Control": "private" };
  if (path === "/list") return { ...html, "Cache-Control": "max-age=300", Vary: "User-Agent" };
  return { ...html, "Cache-Control": "max-age=300" };
}

const visits: readonly (readonly [path: string, times: number])[] = [
  ["/img/a.png", 8],
  ["/img/b.png", 8],
  ["/products/1", 5],
  ["/products/2", 5],
  ["/products/3", 5],
  ["/welcome", 4],
  ["/offers", 6],
  ["/news", 3],
  ["/my-account", 9],
  ["/good", 6],
];

async function start() {
  const folder = await mkdtemp(join(tmpdir(), "cacheproxy-report-"));
  keep({ stop: () => rm(folder, { recursive: true }) });
  const file = join(folder, "cacheproxy.toml");
  const origin = keep(
    await startOrigin(({ request, respond }) => {
      const path = request.target.split("?", 1)[0] ?? "";
      return void respond(200, fieldsFor(path), `this is ${path}`);
    }),
  );
  const options = 'log = "off"\ntrust = ["loopback"]\n';
  const site = `[[site]]\nname = "shop"\nhosts = ["shop.example"]\norigins = ["${origin.url}"]\n`;
  await Bun.write(file, `${options}\n${site}`);
  const proxy = keep(await startProxy("http://127.0.0.1:1", { flags: ["--config", file] }));
  const visit = (path: string, client = 1) =>
    get(proxy.port, path, {
      ...{ Host: "shop.example", "User-Agent": `Browser/${client}` },
      "X-Forwarded-For": `192.0.2.${client}`,
    });
  return {
    visit,
    async visitAll() {
      for (const [path, times] of visits)
        for (let time = 0; time < times; time++) await visit(path, 1 + (time % 5));
    },
    async report(query = ""): Promise<Report> {
      const answer = await fetch(`http://localhost/report${query}`, {
        unix: join(proxy.cacheDir, "admin.sock"),
      });
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
      return reportSchema.parse(await answer.json());
    },
    /** What is found is remembered for a while: it is asked for when all is there. */
    untilStored: (count: number) => untilStored(proxy, count),
    async follow(rules: readonly string[]) {
      await Bun.write(file, `${options}\n${site}\n${rules.join("\n\n")}\n`);
      return await runBinary(["reload", "--cache-dir", proxy.cacheDir, "--config", file]);
    },
  };
}

test("says which mistakes cost most, with what to copy for each; and who copies the rules has hits", async () => {
  const { visit, visitAll, report, follow } = await start();
  await visitAll();
  const { changes, avoidable, unavoidable, totals } = await report();
  const told = changes.map(({ matches, where }) => [matches, where as string] as const);
  expect(told.toSorted()).toEqual([
    ["/img/*.png", "file"],
    // Nobody knows whether that is the same for everybody, as these are.
    ["/news", "origin"],
    ["/offers", "file"],
    ["/products/*", "file"],
    ["/welcome", "file"],
  ]);
  // Of each page the first could not have been a hit, whichever worker it came to; nor is an account one.
  expect(Object.fromEntries(changes.map(({ matches, saves }) => [matches, saves.requests]))).toEqual({
    ...{ "/img/*.png": 14, "/news": 2, "/offers": 5, "/products/*": 12, "/welcome": 3 },
  });
  expect(avoidable.requests).toBe(14 + 2 + 5 + 12 + 3);
  expect(avoidable.requests + unavoidable.requests).toBe((totals[0]?.requests ?? 0) - (totals[0]?.hits ?? 0));

  const rules = changes.flatMap(({ where, copy }) => (where === "file" && copy !== null ? [copy] : []));
  expect(await follow(rules)).toMatchObject({ code: 0 });
  for (const path of ["/img/a.png", "/img/new.png", "/products/1", "/products/new", "/welcome", "/offers"]) {
    await visit(path);
    expect([path, (await visit(path)).field("x-cache")]).toEqual([path, "HIT"]);
  }
  for (const path of ["/my-account", "/news"]) expect((await visit(path)).field("x-cache")).not.toBe("HIT");
});

test("says what looks public and is not stored, and nothing of what is one visitor's", async () => {
  const { visitAll, report } = await start();
  await visitAll();
  const { unstored } = await report();
  const urls = unstored.map(({ url }) => url.replace("http://shop.example", ""));
  expect(urls.toSorted()).toEqual(["/img/a.png", "/img/b.png", "/offers"]);
});

test("says what is stored many times, and what looks like one visitor's and is given to everybody", async () => {
  const { visit, report, untilStored } = await start();
  for (let client = 1; client <= 6; client++) await visit("/list", client);
  await visit("/orders");
  await visit("/good");
  await untilStored(8);
  const { stored } = await report();
  expect([stored.looked, stored.isWhole]).toEqual([8, true]);
  expect(stored.splits).toMatchObject([
    { site: "shop", path: "/list", by: "vary", name: "user-agent", copies: 6 },
  ]);
  expect(stored.personal.map(({ site, url }) => [site, url])).toEqual([
    ["shop", "http://shop.example/orders"],
  ]);
});
