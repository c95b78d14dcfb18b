import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metrics } from "../../src/control/metrics.ts";
import { dashboardQueries, namesIn } from "../deploy/queries.ts";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { type RunningProxy, runBinary, startProxy, untilGone } from "./harness.ts";
import { unpackedProgram } from "./programs.ts";
import { until } from "./visitor.ts";

/** What is scraped is what has happened, in all processes together: two workers, each with a part of the clients. */

let folder: string;
let site: string;
let origin: Origin;
let proxy: RunningProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-metrics-"));
  origin = await startOrigin((exchange) => {
    const { target } = exchange.request;
    if (target.startsWith("/broken")) return exchange.reset();
    const lifetime = target.startsWith("/stale") ? "max-age=0, stale-while-revalidate=60" : "max-age=600";
    // The short cut is for what says its type.
    const fields = { "Cache-Control": lifetime, "Content-Type": "text/plain" };
    const body = target.startsWith("/large") ? "x".repeat(3_000_000) : "a body of 20 bytes..";
    return void exchange.respond(200, fields, body);
  });
  const file = join(folder, "sites.toml");
  site = `[[site]]\nname = "shop"\nhosts = ["shop.test"]\norigins = ["${origin.url}"]\n`;
  await Bun.write(file, site);
  proxy = await startProxy(origin.url, {
    flags: ["--config", file, "--log", "off", "--disk", "2MB", "--memory", "2MB", "--grace", "1s"],
  });
});
afterAll(async () => {
  await proxy.stop();
  await origin.stop();
  await rm(folder, { recursive: true, force: true });
});

async function visit(target: string, method = "GET", host = "shop.test"): Promise<number> {
  const length = method === "POST" ? { "Content-Length": "0" } : {};
  const fields = { Host: host, Connection: "close", ...length };
  return (await ask(proxy.port, requestText(method, target, fields))).status;
}

async function scrape(): Promise<string> {
  const answer = await fetch("http://localhost/metrics", { unix: join(proxy.cacheDir, "admin.sock") });
  expect(answer.status).toBe(200);
  return await answer.text();
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesIn(text: string): Sample[] {
  return [...text.matchAll(/^cacheproxy_(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = "", written = "", value]) => ({
      name,
      labels: Object.fromEntries(
        [...written.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", of = ""]) => [label, of]),
      ),
      value: Number(value),
    }),
  );
}

/** The sum of all series of that name that have these labels. */
function sumOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  const its = samples.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  );
  return its.reduce((sum, { value }) => sum + value, 0);
}

/** On the disk, where both workers find it. */
async function untilStored(objects: number): Promise<void> {
  await until(async () => sumOf(samplesIn(await scrape()), "store_objects", { tier: "disk" }) === objects);
}

let text: string;
let samples: readonly Sample[];

beforeAll(async () => {
  expect(await visit("/page")).toBe(200);
  await untilStored(1);
  // As many clients as one worker would not have alone; each connection is another.
  for (let each = 0; each < 40; each++) expect(await visit("/page")).toBe(200);
  expect(await visit("/broken")).toBe(502);
  expect(await visit("/stale")).toBe(200);
  await untilStored(2);
  expect(await visit("/stale")).toBe(200);
  // The refresh comes to its end when nobody waits for it.
  await until(async () => sumOf(samplesIn(await scrape()), "origin_answers_total") === 3);
  expect(await visit("/page", "POST")).toBe(200);
  expect(await visit("/elsewhere", "GET", "other.test")).toBe(421);
  text = await scrape();
  samples = samplesIn(text);
});

describe("a scrape", () => {
  test.each([
    ["requests of the site", "requests_total", { site: "shop" }, 45],
    [
      "requests that no site has answered",
      "requests_total",
      { site: "", reason: "host-unknown", status: "4xx" },
      1,
    ],
    ["hits, whichever tier and worker had them", "requests_total", { cache: "HIT", status: "2xx" }, 40],
    ["what could not be fetched", "requests_total", { site: "shop", cache: "ERROR", status: "5xx" }, 1],
    ["bytes of hits", "sent_bytes_total", { site: "shop", cache: "HIT" }, 800],
    [
      "bytes that were saved: of the hits, and of what was given stale",
      "saved_bytes_total",
      { site: "shop" },
      820,
    ],
    ["refreshes", "refreshes_total", { site: "shop" }, 1],
    ["what was removed by the way", "store_effects_total", { reason: "invalidated-by-method" }, 1],
    ["processes that are there", "process_up", {}, 4],
    ["that all is well", "healthy", {}, 1],
    ["what runs", "build_info", { bun: Bun.version }, 1],
  ])("tells %s", (_, name, labels, value) => {
    expect(sumOf(samples, name, labels)).toBe(value);
  });

  test("tells what the origin was asked, and what it has given", () => {
    const labels = { site: "shop", origin: origin.url };
    const answered = origin.requests.filter(({ target }) => target !== "/broken").length;
    expect(sumOf(samples, "origin_answers_total", { ...labels, status: "2xx" })).toBe(answered);
    expect(sumOf(samples, "origin_received_bytes_total", labels)).toBe(20 * answered);
    expect(sumOf(samples, "origin_first_byte_seconds_count", labels)).toBe(answered);
    expect(sumOf(samples, "origin_failures_total", { ...labels, reason: "origin-broken" })).toBe(1);
  });

  test("has times of some of the hits that took the short cut", () => {
    const timed = sumOf(samples, "hit_duration_seconds_count", { site: "shop" });
    // One of sixteen that each of two workers was asked, of forty.
    expect([1, 2]).toContain(timed);
  });

  test("has the processors' time in seconds", () => {
    const seconds = sumOf(samples, "process_cpu_seconds_total");
    expect(seconds).toBeGreaterThan(0);
    // All processes are as old as this test.
    expect(seconds).toBeLessThan(60);
  });

  test("has bounds for all that is stored, and more than is stored", () => {
    for (const tier of ["memory", "disk"]) {
      expect(sumOf(samples, "store_bytes_limit", { tier })).toBeGreaterThan(
        sumOf(samples, "store_bytes", { tier }),
      );
    }
    expect(sumOf(samples, "store_objects", { tier: "memory" })).toBeGreaterThan(0);
  });

  test("has what the dashboard asks for, with its labels", () => {
    /** Only there when something has gone wrong that has not gone wrong here. */
    const rare = ["store_refusals_total", "troubles_total"];
    const labelsOf = (name: string) =>
      new Set(
        samples
          .filter((one) => one.name.replace(/_(bucket|sum|count)$/, "") === name)
          .flatMap(({ labels }) => Object.keys(labels)),
      );
    const wrong = dashboardQueries().flatMap(({ panel, expr }) =>
      namesIn(expr).flatMap((name) => {
        if (rare.includes(name)) return [];
        const wanted = [...expr.matchAll(/\bby \(([^)]*)\)/g), ...expr.matchAll(/\{([^}]*)\}/g)]
          .flatMap(([, inside = ""]) => inside.split(","))
          .map((each) => /^\s*(\w+)/.exec(each)?.[1] ?? "")
          .filter((label) => !["job", "instance"].includes(label));
        const isThere = samples.some((one) => one.name.startsWith(name));
        const lacking = wanted.filter((label) => !labelsOf(name).has(label));
        return isThere && lacking.length === 0 ? [] : [`${panel}: ${name} ${lacking.join(" ")}`];
      }),
    );
    // Divided by what has other labels, with none in its own: each query has one set of them.
    expect(wrong).toEqual([]);
  });

  test("has no URL, and no name of a metric that is not known", () => {
    expect(text).not.toMatch(/\/page|\/broken|\/stale|elsewhere|other\.test/);
    for (const { name } of samples)
      expect(Object.keys(metrics)).toContain(name.replace(/_(bucket|sum|count)$/, ""));
  });

  const promtool = unpackedProgram("promtool", "prometheus");
  const missing = "missing" in promtool ? promtool.missing : undefined;
  test.skipIf(missing !== undefined)(
    `is what promtool likes${missing === undefined ? "" : ` (${missing})`}`,
    () => {
      const path = "path" in promtool ? promtool.path : "";
      const child = Bun.spawnSync([path, "check", "metrics"], {
        stdin: Buffer.from(text),
        stdout: "pipe",
        stderr: "pipe",
      });
      expect(`${child.stdout}${child.stderr}`).toBe("");
      expect(child.exitCode).toBe(0);
    },
  );
});

describe("what was counted", () => {
  const requests = async () => sumOf(samplesIn(await scrape()), "requests_total");

  test("is what could not be stored, too, and why", async () => {
    expect(await visit("/large")).toBe(200);
    const refused = { code: "TOO_LARGE" };
    await until(async () => sumOf(samplesIn(await scrape()), "store_refusals_total", refused) === 1);
  });

  test("does not become less while a worker stands still, and a scrape does not wait for it", async () => {
    const [worker = 0] = await proxy.workerPids();
    const before = await requests();
    process.kill(worker, "SIGSTOP");
    try {
      const beganAt = performance.now();
      expect(await requests()).toBe(before);
      expect(performance.now() - beganAt).toBeLessThan(2_000);
    } finally {
      process.kill(worker, "SIGCONT");
    }
  });

  test("stays when a worker is killed, and a restart is told", async () => {
    const [worker = 0] = await proxy.workerPids();
    const before = await requests();
    process.kill(worker, "SIGKILL");
    await untilGone(worker);
    await proxy.stderr.until(/worker \d is back|is back/);
    const after = samplesIn(await scrape());
    expect(sumOf(after, "requests_total")).toBe(before);
    expect(sumOf(after, "process_restarts_total")).toBe(1);
  });

  test("stays when other workers take the place of all", async () => {
    const former = await proxy.workerPids();
    for (let each = 0; each < 8; each++) await visit("/page");
    const before = await requests();
    for (let each = 0; each < 8; each++) await visit("/page");
    await Bun.write(join(folder, "sites.toml"), `log-sample = "1/2"\n${site}`);
    expect(await runBinary(["reload", "--cache-dir", proxy.cacheDir])).toMatchObject({ code: 0 });
    await Promise.all(former.map(untilGone));
    expect(await requests()).toBe(before + 8);
  }, 30_000);
});
