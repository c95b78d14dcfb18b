import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "../fixtures/certificate.ts";
import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { binary, type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { Lines } from "./lines.ts";

const keep = stoppedAfterEach();
const shop = "http://shop.test";
const host = { Host: "shop.test" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-warm-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const page = { "Cache-Control": "max-age=600", "Content-Type": "text/html" };
const xml = { "Cache-Control": "max-age=60", "Content-Type": "application/xml" };
const urlset = (...urls: string[]) =>
  `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.map((url) => `<url><loc>${url}</loc></url>`).join("\n")}</urlset>`;
const paths = (count: number, from = 0) =>
  Array.from({ length: count }, (_, place) => `${shop}/p/${place + from}`);

/** A shop of which every page is asked for by a sitemap; what is not there is a page like all others. */
function answerOf({ request, respond }: Exchange, others: Readonly<Record<string, Answered>> = {}) {
  const answered = others[request.target];
  if (answered !== undefined) return void respond(...answered);
  return void respond(200, page, `page ${request.target}`);
}
type Answered = readonly [status: number, fields: Record<string, string>, body?: string | Uint8Array];

async function start(answer: (exchange: Exchange) => void | Promise<void>, flags: readonly string[] = []) {
  const origin = keep(await startOrigin(answer));
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off", "--preserve-host", ...flags] }));
  return { origin, proxy };
}

const warm = ({ cacheDir }: RunningProxy, ...words: string[]) =>
  runBinary(["warm", "--cache-dir", cacheDir, ...words]);

/** It runs, and is asked for something meanwhile. */
function begin({ cacheDir }: Pick<RunningProxy, "cacheDir">, ...words: string[]) {
  const child = Bun.spawn([binary, "warm", "--cache-dir", cacheDir, ...words], {
    env: { PATH: process.env["PATH"] ?? "" },
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  keep({
    async stop() {
      child.kill("SIGKILL");
      return await child.exited;
    },
  });
  return { child, stderr: new Lines(child.stderr, "stderr") };
}

async function list(name: string, urls: readonly string[]): Promise<string> {
  const file = join(folder, name);
  await Bun.write(file, `${urls.join("\n")}\n`);
  return file;
}

/** What the origin was asked for but sitemaps and robots.txt. */
const pagesAsked = ({ requests }: Origin) =>
  requests.map(({ target }) => target).filter((target) => target.startsWith("/p/"));

describe("with two workers", () => {
  test("all pages of all sitemaps that robots.txt leads to are stored, in each variant, for visitors of both", async () => {
    const packed = Bun.gzipSync(Buffer.from(urlset(...paths(20), "http://other.test/", `${shop}/p/1`)));
    const { origin, proxy } = await start((exchange) =>
      answerOf(exchange, {
        "/robots.txt": [200, { ...xml, "Content-Type": "text/plain" }, `Sitemap: ${shop}/old.xml\n`],
        "/old.xml": [301, { ...xml, Location: "/index.xml" }],
        "/index.xml": [
          ...([200, xml] as const),
          `<sitemapindex><sitemap><loc>${shop}/one.xml.gz</loc></sitemap><sitemap><loc>/two.xml</loc></sitemap></sitemapindex>`,
        ],
        "/one.xml.gz": [200, { ...xml, "Content-Type": "application/gzip" }, packed],
        "/two.xml": [200, xml, urlset(...paths(10, 20))],
        ...Object.fromEntries(
          paths(30).map((url) => {
            const fields = { ...page, Vary: "Accept-Encoding" };
            return [new URL(url).pathname, [200, fields, "page"] as const];
          }),
        ),
      }),
    );
    const { code, stdout } = await warm(proxy, `${shop}/`, "--accept-encoding", "gzip,br", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ end: "whole", requests: 64, variants: 2, troubles: [], uncached: [], failed: [] },
      leftOut: { repeated: 1 },
    });
    expect(code).toBe(0);
    // One site of every host answers for the other host, too.
    expect(pagesAsked(origin)).toHaveLength(60);
    for (const coding of ["gzip", "br"])
      for (const url of [...paths(30), ...paths(30)]) {
        const answer = await get(proxy.port, new URL(url).pathname, { ...host, "Accept-Encoding": coding });
        expect(answer.field("x-cache")).toBe("HIT");
      }
    const again = await warm(proxy, `${shop}/`, "--accept-encoding", "gzip,br");
    expect(again.stdout).toContain("       64  stored: 0 since now, 64 before\n");
    expect(pagesAsked(origin)).toHaveLength(60);
  });

  test("what is not stored is told by reason with the advice of explain, and what failed counts", async () => {
    const { proxy } = await start((exchange) =>
      answerOf(exchange, {
        "/news": [200, { ...page, "Cache-Control": "private, no-store" }, "x"],
        "/post": [200, { "Content-Type": "text/html" }, "x"],
        "/gone": [404, page, "x"],
        "/bad.xml": [200, xml, `<urlset>\n<url><loc>${shop}/p/7</loc></url></oops>`],
      }),
    );
    const file = await list("reasons.txt", [
      ...paths(2),
      ...["/news", "/post", "/gone"].map((path) => shop + path),
    ]);
    const { code, stdout } = await warm(proxy, file);
    expect(code).toBe(1);
    expect(stdout).toContain("        2  stored: 2 since now, 0 before\n");
    expect(stdout).toMatch(
      /\n {8}1 {2}response-no-store: not stored: .*?shop\.test\/news\n.*Cache-Control: s-maxage=60\n/s,
    );
    expect(stdout).toMatch(/\n {8}1 {2}no-lifetime: not stored: .*?shop\.test\/post\n.*Cache-Control: /s);
    expect(stdout).toMatch(
      /Failed\n\n {8}1 {2}answered with 404\n +http:\/\/shop\.test\/gone\n +The server has no such page/,
    );
    expect((await warm(proxy, file, "--tolerate", "1")).code).toBe(0);
    expect((await warm(proxy, file, "--tolerate", "20%")).code).toBe(0);
    expect((await warm(proxy, file, "--tolerate", "19%")).code).toBe(1);
    const broken = await warm(proxy, `${shop}/bad.xml`);
    expect(broken.stdout).toContain(`${shop}/bad.xml: line 2, column 49: unexpected close tag.`);
    expect([broken.code, broken.stdout.includes("1 since now")]).toEqual([1, true]);
  });

  test("no more are asked for at a time than is wanted, and fewer where the origin says that it is too much", async () => {
    const three = Promise.withResolvers<void>();
    let underWay = 0;
    let most = 0;
    const { proxy } = await start(async (exchange) => {
      most = Math.max(most, ++underWay);
      if (most === 3) three.resolve();
      await three.promise;
      // The first three have come together.
      const isTooMuch = underWay > 1;
      underWay -= 1;
      if (!isTooMuch) return answerOf(exchange);
      return void exchange.respond(503, { "Retry-After": "1", "Cache-Control": "no-store" }, "later");
    });
    const file = await list("herd.txt", paths(40));
    const { code, stdout, stderr } = await warm(proxy, file, "--concurrency", "3");
    expect(stderr).toContain("answered with 503: it waits for 1 s, and goes on with 1 at a time, ");
    expect([code, stdout.includes("       40  stored: 40 since now")]).toEqual([0, true]);
    expect(most).toBe(3);
  });

  test("an interrupted run ends well and tells how to go on, a killed one loses nothing, and the next does the rest", async () => {
    const { origin, proxy } = await start(answerOf);
    const urls = paths(60);
    const file = await list("resume.txt", urls);
    const notes = join(folder, "resume.notes");
    const words = [file, "--rate", "40", "--concurrency", "2", "--resume", notes];
    const interrupted = begin(proxy, ...words);
    await origin.untilExchange(10);
    interrupted.child.kill("SIGINT");
    expect(await interrupted.child.exited).toBe(1);
    await interrupted.stderr.done;
    expect(interrupted.stderr.text).toMatch(
      /: interrupted after \d+ requests; the same command goes on where it was$/,
    );
    const killed = begin(proxy, ...words);
    await origin.untilExchange(origin.requests.length + 10);
    killed.child.kill("SIGKILL");
    await killed.child.exited;
    const asked = origin.requests.length;
    const { code, stdout } = await warm(proxy, file, "--resume", notes, "--json");
    const { requests, resumed } = JSON.parse(stdout);
    // What was under way when it was killed is not noted: no more than two.
    expect(resumed).toBeGreaterThanOrEqual(asked - 2);
    expect([requests + resumed, code]).toEqual([60, 0]);
    expect(new Set(pagesAsked(origin))).toEqual(new Set(urls.map((url) => new URL(url).pathname)));
    const nothing = await warm(proxy, file, "--resume", notes);
    expect([nothing.code, nothing.stdout.includes("60  left out: a former run")]).toEqual([0, true]);
  });

  test("of a proxy that is killed meanwhile it is told that it has ended, exit code 3", async () => {
    const { origin, proxy } = await start(answerOf);
    const running = begin(proxy, await list("killed.txt", paths(500)), "--rate", "50");
    await origin.untilExchange(5);
    await proxy.kill();
    expect(await running.child.exited).toBe(3);
    await running.stderr.done;
    expect(running.stderr.text).toMatch(
      /cacheproxy has ended after \d+ requests; once it runs again, the same/,
    );
  });

  test("of workers that are stopped no answer is waited for longer than is wanted", async () => {
    const { proxy } = await start(answerOf);
    const pids = await proxy.workerPids();
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    try {
      const file = await list("stopped.txt", paths(40));
      const { code, stdout, stderr } = await warm(proxy, file, "--timeout", "200ms", "--concurrency", "10");
      expect(stderr).toContain("20 requests in a row had no good answer: it is given up\n");
      expect([code, stdout.includes("not answered: nothing came for 0.2 s")]).toEqual([1, true]);
    } finally {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    }
  });
});

describe("what visitors ask for by https is asked for as they do", () => {
  let site: Certificate;
  beforeAll(async () => {
    site = await makeCertificate(folder, "warm", ["DNS:shop.test"]);
  });
  const secure = "https://shop.test/p/1";

  test("at the listener that speaks it, under the site's own name", async () => {
    const { origin, proxy } = await start(answerOf, ["--tls-cert", site.cert, "--tls-key", site.key]);
    expect((await warm(proxy, secure)).code).toBe(0);
    expect(origin.requests[0]?.field("x-forwarded-proto")).toBe("https");
    const answer = await fetch(`https://127.0.0.1:${proxy.port}/p/1`, {
      headers: host,
      tls: { ca: await Bun.file(site.cert).text(), serverName: "shop.test" },
    });
    expect(answer.headers.get("x-cache")).toBe("HIT");
    // Nobody asks this one by http.
    const plain = await warm(proxy, `${shop}/p/1`);
    expect(plain.stdout).toContain("nothing here listens for http, or is believed by --trust");
    expect(plain.code).toBe(1);
  });

  test("as a terminator tells it that this machine's proxy believes", async () => {
    const { origin, proxy } = await start(answerOf, ["--trust", "loopback"]);
    expect((await warm(proxy, secure)).code).toBe(0);
    expect(origin.requests[0]?.field("x-forwarded-proto")).toBe("https");
    const visitor = { ...host, "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https" };
    expect((await get(proxy.port, "/p/1", visitor)).field("x-cache")).toBe("HIT");
  });
});

describe("only URLs of the sites are asked for", () => {
  test("of others it is told of which hosts they are; where that is all, nothing was done", async () => {
    const origin = keep(await startOrigin(answerOf));
    const file = join(folder, "sites.toml");
    await Bun.write(file, `[[site]]\nname = "shop"\nhosts = ["shop.test"]\norigins = ["${origin.url}"]\n`);
    const proxy = keep(await startProxy("http://127.0.0.1:1", { flags: ["--log", "off", "--config", file] }));
    const urls = await list("others.txt", [`${shop}/p/1`, "http://other.test/", "oops"]);
    const { code, stdout } = await warm(proxy, urls);
    expect(stdout).toContain("        1  left out: no site of this proxy is of other.test\n");
    expect(stdout).toContain("        1  left out: no URL of http or https, such as oops\n");
    expect([code, origin.requests.length]).toEqual([0, 1]);
    const nothing = await warm(proxy, "http://other.test/a");
    expect([nothing.code, nothing.stderr]).toEqual([1, "cacheproxy: there was nothing to ask for\n"]);
    const foreign = await warm(proxy, "http://other.test/sitemap.xml");
    expect(foreign.stdout).toContain("is not read: its host is none of a site of this proxy");
  });
});

describe("the exit code", () => {
  test("is 3 where no cacheproxy is running, in one line", async () => {
    const { code, stderr } = await runBinary(["warm", `${shop}/`, "--cache-dir", folder]);
    expect([code, stderr.match(/\n/g)?.length]).toEqual([3, 1]);
  });

  test.each([
    [["nowhere.xml"], '"nowhere.xml" is no file and no URL'],
    [[], "missing required argument"],
    [[`${shop}/`, "--rate", "fast"], '--rate "fast" should be requests a second'],
  ])("is 2 for %j, in one line", async (words, line) => {
    const { code, stderr } = await runBinary(["warm", ...words]);
    expect([code, stderr.match(/\n/g)?.length]).toEqual([2, 1]);
    expect(stderr).toContain(line);
  });
});

test("where a proxy is silent and breaks off what it says of itself, that is told, and the run goes on", async () => {
  const cacheDir = await mkdtemp(join(folder, "broken-"));
  const told = Promise.withResolvers<void>();
  const pages = Bun.listen({
    ...{ hostname: "127.0.0.1", port: 0 },
    socket: {
      async data(socket, bytes) {
        if (bytes.includes("GET /p/0 ")) return void socket.end();
        await told.promise;
        socket.end("HTTP/1.1 200 OK\r\nCache-Status: cacheproxy; hit\r\nContent-Length: 0\r\n\r\n");
      },
    },
  });
  const listen = [{ kind: "tcp", scheme: "http", host: "127.0.0.1", port: pages.port }];
  const serving = { listen, trust: [], maxObject: 1000, sites: [{ name: "", hosts: [] }] };
  let asked = 0;
  const door = Bun.listen({
    unix: join(cacheDir, "admin.sock"),
    socket: {
      data(socket) {
        asked += 1;
        const body = asked === 1 ? JSON.stringify(serving) : "{";
        socket.end(
          `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${asked === 1 ? body.length : 100}\r\n\r\n${body}`,
        );
      },
    },
  });
  keep({ stop: async () => void [pages.stop(true), door.stop(true)] });
  const file = await list("broken.txt", paths(2));
  const running = begin({ cacheDir }, file, "--concurrency", "1", "--tolerate", "1");
  await running.stderr.until(/: whether cacheproxy still runs could not be told \(\w+\)$/);
  told.resolve();
  expect(await running.child.exited).toBe(0);
});

test("the standard input names pages as a list does", async () => {
  const { origin, proxy } = await start(answerOf);
  const child = Bun.spawn([binary, "warm", "-", "--base", shop, "--cache-dir", proxy.cacheDir], {
    stdin: Buffer.from("/p/1\n\n# no page\n/p/2"),
    stdout: "pipe",
  });
  expect(await child.exited).toBe(0);
  expect(pagesAsked(origin).sort()).toEqual(["/p/1", "/p/2"]);
});
