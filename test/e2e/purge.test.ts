import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { commandsIn } from "../cli/readme-files.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { freePort } from "../fixtures/port.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { until } from "./visitor.ts";

const keep = stoppedAfterEach();
const hosts = ["one.test", "two.test:81"];

/** With a page of each host in it, and of each host another one. */
async function filledProxy(...flags: string[]): Promise<RunningProxy> {
  const origin = keep(
    await startOrigin((exchange) => {
      const fields = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
      return void exchange.respond(200, fields, exchange.request.field("x-forwarded-host") ?? "");
    }),
  );
  const proxy = keep(await startProxy(origin.url, { flags: ["--workers", "2", ...flags] }));
  for (const host of hosts)
    for (const path of ["/page", "/other"]) await get(proxy.port, path, { Host: host });
  return proxy;
}

/** What each host's client gets: from whichever worker, each time on a connection of its own. */
async function words({ port }: RunningProxy, path: string): Promise<(string | null)[]> {
  const answers = await Promise.all(hosts.map((host) => get(port, path, { Host: host })));
  for (const [place, { text }] of answers.entries()) expect(text).toBe(hosts[place] ?? "");
  return answers.map((answer) => answer.field("x-cache"));
}

function purge({ cacheDir }: RunningProxy, ...words: string[]) {
  return runBinary(["purge", "--cache-dir", cacheDir, ...words]);
}

describe.each([["without --preserve-host"], ["with --preserve-host", "--preserve-host"]])(
  "%s",
  (_, ...flags) => {
    const given = flags.filter((flag) => typeof flag === "string");

    test("a path alone is of every host, however many slashes it begins with", async () => {
      const proxy = await filledProxy(...given);
      expect(await purge(proxy, "//page")).toEqual({ code: 0, stdout: "removed 2\n", stderr: "" });
      expect(await words(proxy, "/page")).toEqual(["MISS", "MISS"]);
      expect(await words(proxy, "/other")).toEqual(["HIT", "HIT"]);
    });

    test("a whole URL is of that host where each has pages of its own, else of every one", async () => {
      const proxy = await filledProxy(...given);
      const removed = given.length === 0 ? 2 : 1;
      expect((await purge(proxy, "http://ONE.test:80/page")).stdout).toBe(`removed ${removed}\n`);
      expect(await words(proxy, "/page")).toEqual(["MISS", removed === 1 ? "HIT" : "MISS"]);
    });

    test("a prefix is of all that begins so", async () => {
      const proxy = await filledProxy(...given);
      expect((await purge(proxy, "--prefix", "/oth")).stdout).toBe("removed 2\n");
      expect(await words(proxy, "/other")).toEqual(["MISS", "MISS"]);
      expect(await words(proxy, "/page")).toEqual(["HIT", "HIT"]);
    });

    test("nothing matched is told with what was looked for, exit code 3", async () => {
      const proxy = await filledProxy(...given);
      expect(await purge(proxy, "/pag")).toEqual({
        code: 3,
        stdout: "removed 0\n",
        stderr: "cacheproxy: nothing was stored of what was looked for: /pag of every host\n",
      });
    });
  },
);

test("POST /purge on --admin takes what the command takes", async () => {
  const admin = await freePort();
  const { cacheDir } = await filledProxy("--admin", `${admin}`, "--preserve-host");
  const token = (await Bun.file(join(cacheDir, "admin.token")).text()).trim();
  const ask = async (body: object) => {
    const response = await fetch(`http://127.0.0.1:${admin}/purge`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    });
    return [response.status, await response.json()];
  };
  expect(await ask({ url: "http://one.test/page" })).toMatchObject([
    200,
    { purged: 1, lookedFor: "/page of host one.test" },
  ]);
  expect(await ask({ path: "/page" })).toMatchObject([200, { purged: 1, lookedFor: "/page of every host" }]);
  expect((await ask({ by: "all" }))[0]).toBe(400);
});

test("the commands of the README that purge are understood, and say how many there were", async () => {
  const proxy = await filledProxy();
  const readme = await Bun.file(`${import.meta.dir}/../../README.md`).text();
  const commands = commandsIn(readme).filter(([word = ""]) => word === "purge" || word === "purges");
  expect(commands.length).toBeGreaterThan(8);
  for (const [word = "", ...rest] of commands) {
    const { code, stdout } = await runBinary([word, "--cache-dir", proxy.cacheDir, ...rest]);
    expect([0, 3]).toContain(code);
    if (word === "purge") expect(stdout).toMatch(/(removed|made stale|would remove) \d+\n$/);
    else expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}.* \(cacheproxy\)\n/);
  }
});

test("a dry run lists what would go from both workers and the disk, and nothing goes", async () => {
  const proxy = await filledProxy("--preserve-host");
  const { code, stdout } = await purge(proxy, "--prefix", "/", "--dry-run");
  const lines = stdout.trim().split("\n");
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe("would remove 4");
  const keys = hosts.flatMap((host) => [`/other ${host}`, `/page ${host}`]);
  expect(lines.slice(0, -1).map((line) => line.replace(/^200 +\d+ B {2}/, ""))).toEqual(
    expect.arrayContaining(keys),
  );
  expect(await words(proxy, "/page")).toEqual(["HIT", "HIT"]);
});

test("a page that bears another name since somebody has reloaded it goes by that from every worker", async () => {
  let version = 0;
  const origin = keep(
    await startOrigin((exchange) => {
      version += 1;
      const fields = { "Cache-Control": "max-age=600", "Content-Type": "text/plain" };
      return void exchange.respond(200, { ...fields, "Surrogate-Key": `name-${version}` }, `${version}`);
    }),
  );
  const proxy = keep(await startProxy(origin.url, { flags: ["--workers", "2"] }));
  /** What is to be had of either worker, on connections of their own. */
  const seen = async () => {
    const answers = await Promise.all(Array.from({ length: 24 }, () => get(proxy.port, "/page")));
    return [...new Set(answers.map(({ text }) => text))];
  };
  // At first one worker asks the origin for both; then each has it in its memory.
  expect([await seen(), await seen()]).toEqual([["1"], ["1"]]);
  await get(proxy.port, "/page", { "Cache-Control": "no-cache" });
  // Whoever has the former one in its memory would give it for ten minutes.
  await until(async () => `${await seen()}` === "2");
  expect((await purge(proxy, "--tag", "name-2")).stdout).toBe("removed 1\n");
  expect(await seen()).toEqual(["3"]);
});
