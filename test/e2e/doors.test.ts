import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "../fixtures/certificate.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { freePort } from "../fixtures/port.ts";
import { ask, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
let folder: string;
let [first, second]: Certificate[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-doors-"));
  first = await makeCertificate(folder, "first", ["DNS:first.example", "IP:127.0.0.1"]);
  second = await makeCertificate(folder, "second", ["DNS:second.example", "DNS:*.second.example"]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function someOrigin() {
  const fields = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
  return startOrigin(({ respond, request }) => void respond(200, fields, `this is ${request.target}`));
}

/** What curl gets of a host at a port of this machine, whose certificate it checks. */
async function overTls(host: string, port: number, { cert }: Certificate, path = "/"): Promise<string> {
  const here = ["--resolve", `${host}:${port}:127.0.0.1`, "--cacert", cert, "--max-time", "20"];
  return Bun.$`curl -sS ${here} https://${host}:${port}${path}`.text();
}

function xCache({ field }: RawResponse): string | null | undefined {
  return field("x-cache");
}

/** Of who listens at the path again: nobody tells when that is. */
async function firstAnswer(path: string): Promise<RawResponse> {
  for (;;) {
    const answer = await ask(path, requestText("GET", "/c")).catch(() => undefined);
    if (answer !== undefined) return answer;
    await Bun.sleep(20);
  }
}

describe("two workers at four places", () => {
  async function scene() {
    const [plain, other, tls] = [await freePort(), await freePort(), await freePort()];
    const path = join(folder, "cache.sock");
    const config = join(folder, "doors.toml");
    await Bun.write(
      config,
      [first, second]
        .map((pair) => `[[certificate]]\ncert = "${pair?.cert}"\nkey = "${pair?.key}"\n`)
        .join("\n"),
    );
    const listen = [
      `http://127.0.0.1:${plain}`,
      `http://127.0.0.1:${other}`,
      `https://127.0.0.1:${tls}`,
      `unix:${path}`,
    ];
    const origin = keep(await someOrigin());
    const proxy = keep(await startProxy(origin.url, { listen, flags: ["--config", config] }));
    return { origin, proxy, plain, other, tls, path, listen };
  }

  test("tell of all of them, and share what they store by scheme", async () => {
    const { origin, proxy, plain, other, tls, path, listen } = await scene();
    expect(proxy.stderr.text).toContain(`Cache proxy is listening on ${listen.join(", ")} ...`);
    const request = requestText("GET", "/a", { Host: "first.example" });
    expect(xCache(await ask(plain, request))).toBe("MISS");
    expect(xCache(await ask(other, request))).toBe("HIT");
    expect(xCache(await ask(path, request))).toBe("HIT");
    if (first !== undefined) expect(await overTls("first.example", tls, first, "/a")).toBe("this is /a");
    expect(
      origin.requests.map((each) => each.fields.find(([name]) => /^x-forwarded-proto$/i.test(name))?.[1]),
    ).toEqual(["http", "https"]);
  });

  test("show each host its certificate, on new connections to either worker", async () => {
    const { tls } = await scene();
    for (let times = 0; times < 4; times++) {
      if (first !== undefined) expect(await overTls("first.example", tls, first, "/b")).toBe("this is /b");
      if (second === undefined) continue;
      expect(await overTls("second.example", tls, second, "/b")).toBe("this is /b");
      expect(await overTls("a.second.example", tls, second, "/b")).toBe("this is /b");
    }
  });

  test("serve on the socket again when the worker there was killed, and remove it at the end", async () => {
    const { proxy, path } = await scene();
    for (const pid of await proxy.workerPids()) process.kill(pid, "SIGKILL");
    const answer = await firstAnswer(path);
    expect(answer.text).toBe("this is /c");
    expect(await proxy.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

test("a place that is taken ends it with one line that names it as it is written, and exit code 2", async () => {
  const path = join(folder, "taken.sock");
  const server = Bun.serve({ unix: path, fetch: () => new Response() });
  try {
    const words = [
      "--listen",
      `http://127.0.0.1:${await freePort()}`,
      "--listen",
      `unix:${path}`,
      "--takeover",
      "0ms",
    ];
    const { code, stderr } = await runBinary([
      ...words,
      "--cache-dir",
      join(folder, "none"),
      "--workers",
      "1",
    ]);
    expect([code, stderr.trim()]).toEqual([
      2,
      `cacheproxy: --listen unix:${path} is taken by another program; it should be a path where nobody listens`,
    ]);
  } finally {
    await server.stop(true);
  }
});

describe("behind a proxy that is trusted", () => {
  const behindTls = {
    Host: "inner.example",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "shop.example",
  };

  async function scene(trust: string) {
    const origin = keep(await someOrigin());
    const proxy = keep(
      await startProxy(origin.url, { flags: ["--trust", trust, "--preserve-host", "--log", "json"] }),
    );
    return {
      origin,
      proxy,
      get: (path: string, fields: Record<string, string>) =>
        ask(proxy.port, requestText("GET", path, fields)),
    };
  }

  test("address, scheme and host are the client's, for the origin, the key and the log", async () => {
    const { origin, proxy, get } = await scene("loopback");
    expect(xCache(await get("/a", behindTls))).toBe("MISS");
    expect(xCache(await get("/a", { ...behindTls, Host: "other.example" }))).toBe("HIT");
    expect(xCache(await get("/a", { ...behindTls, "X-Forwarded-Proto": "http" }))).toBe("MISS");
    expect(xCache(await get("/a", { Host: "shop.example" }))).toBe("HIT");
    const [request] = origin.requests;
    const field = (name: string) => request?.fields.find(([each]) => each.toLowerCase() === name)?.[1];
    expect(field("host")).toBe("shop.example");
    expect(field("x-forwarded-for")).toBe("192.0.2.7");
    expect(field("x-forwarded-proto")).toBe("https");
    expect(field("forwarded")).toBe('for=192.0.2.7;proto=https;host="shop.example"');
    await proxy.stdout.until(/"protocol":"https","client":"192\.0\.2\.7"/);
    await proxy.stdout.until(/"client":"127\.0\.0\.1"/);
  });

  test("from anybody else it is not believed", async () => {
    const { origin, get } = await scene("192.0.2.0/24");
    await get("/a", behindTls);
    const text = JSON.stringify(origin.requests[0]?.fields);
    expect(text).toContain("inner.example");
    expect(text).not.toContain("shop.example");
    expect(text).not.toContain("192.0.2.7");
  });

  test("a site that sends everybody to https does not do so without end", async () => {
    const origin = keep(await someOrigin());
    const config = join(folder, "redirect.toml");
    await Bun.write(
      config,
      `trust = "loopback"\n[[site]]\nname = "shop"\norigins = "${origin.url}"\nredirect = "https"\n`,
    );
    const proxy = keep(await startProxy(origin.url, { flags: ["--config", config] }));
    const plain = await ask(proxy.port, requestText("GET", "/a?b", { Host: "shop.example" }));
    expect([plain.status, plain.field("location")]).toEqual([301, "https://shop.example/a?b"]);
    const behind = { Host: "shop.example", "X-Forwarded-Proto": "https" };
    expect((await ask(proxy.port, requestText("GET", "/a?b", behind))).text).toBe("this is /a?b");
    expect(xCache(await ask(proxy.port, requestText("GET", "/a?b", behind)))).toBe("HIT");
  });
});
