import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectSession } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "../fixtures/certificate.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
let folder: string;
let site: Certificate;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-tls-"));
  site = await makeCertificate(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function tlsProxy(extraFlags: readonly string[] = []) {
  const origin = keep(
    await startOrigin((exchange) => {
      const fields = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
      return void exchange.respond(200, fields, `${exchange.request.target} over TLS`);
    }),
  );
  const flags = ["--tls-cert", site.cert, "--tls-key", site.key, ...extraFlags];
  return { origin, proxy: keep(await startProxy(origin.url, { flags })) };
}

/** What curl says of one request: version of HTTP, status, fields and body, by a line each. */
async function curl({ port }: RunningProxy, version: string, path: string, ...flags: string[]) {
  const format = "\n%{http_version} %{response_code}";
  const url = `https://127.0.0.1:${port}${path}`;
  const text =
    await Bun.$`curl -sS --max-time 20 --cacert ${site.cert} ${version} ${flags} -D - -w ${format} ${url}`.text();
  const lines = text.split(/\r?\n/);
  return {
    version: lines.at(-1),
    body: lines.at(-2),
    field: (name: string) =>
      lines.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2),
  };
}

describe("with --tls-cert and --tls-key", () => {
  test("HTTP/2 and HTTP/1.1 share one cache, and the origin hears of https", async () => {
    const { origin, proxy } = await tlsProxy();
    const miss = await curl(proxy, "--http2", "/a");
    expect([miss.version, miss.body, miss.field("x-cache")]).toEqual(["2 200", "/a over TLS", "MISS"]);
    for (const [flag, version] of [
      ["--http2", "2 200"],
      ["--http1.1", "1.1 200"],
    ] as const) {
      const hit = await curl(proxy, flag, "/a");
      expect([hit.version, hit.body, hit.field("x-cache")]).toEqual([version, "/a over TLS", "HIT"]);
      expect(hit.field("alt-svc")).toBeUndefined();
    }
    const [request, ...others] = origin.requests;
    expect(others).toEqual([]);
    expect(request?.field("x-forwarded-proto")).toBe("https");
    expect(request?.field("forwarded")).toContain(";proto=https;");
  });

  test("HEAD of an unknown length has none over HTTP/2 either", async () => {
    const { origin, proxy } = await tlsProxy();
    origin.answer(({ send }) => void send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"));
    for (const version of ["--http2", "--http1.1"]) {
      const answer = await curl(proxy, version, "/unknown", "--head");
      expect([answer.version?.split(" ")[1], answer.field("content-length")]).toEqual(["200", undefined]);
    }
    origin.answer(({ send }) => void send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"));
    expect((await curl(proxy, "--http2", "/known", "--head")).field("content-length")).toBe("77");
  });

  test("OPTIONS * is refused over HTTP/2 as it is over HTTP/1.1", async () => {
    const { origin, proxy } = await tlsProxy();
    const url = `https://127.0.0.1:${proxy.port}/`;
    for (const version of ["--http2", "--http1.1"]) {
      const options = ["-X", "OPTIONS", "--request-target", "*", version, "-o", "/dev/null"];
      const status =
        await Bun.$`curl -sS --max-time 20 --cacert ${site.cert} ${options} -w ${"%{response_code}"} ${url}`.text();
      expect([version, status]).toEqual([version, "400"]);
    }
    expect(origin.requests).toEqual([]);
  });

  test("--http3 is announced over TCP and answered over UDP", async () => {
    const { proxy } = await tlsProxy(["--http3"]);
    const answer = await curl(proxy, "--http2", "/b");
    expect(answer.field("alt-svc")).toContain(`h3=":${proxy.port}"`);
    // curl speaks HTTP/3 on few systems; Bun's client does, but takes no certificates of ours then.
    const overQuic = await fetch(`https://127.0.0.1:${proxy.port}/b`, {
      protocol: "http3",
      tls: { rejectUnauthorized: false },
    });
    expect([await overQuic.text(), overQuic.headers.get("x-cache")]).toEqual(["/b over TLS", "HIT"]);
  });
});

test("a key that does not fit ends it with one line and exit code 2", async () => {
  const other = await makeCertificate(folder, "other");
  const { code, stderr } = await runBinary(["--tls-cert", site.cert, "--tls-key", other.key]);
  expect([code, stderr.match(/\n/g)?.length]).toEqual([2, 1]);
  expect(stderr).toContain("is not the key of --tls-cert");
});

test("a stream of events comes over HTTP/2 as it comes, with its first event, and ends at the origin with its client", async () => {
  const { origin, proxy } = await tlsProxy(["--log", "off", "--origin-idle-timeout", "500ms"]);
  origin.answer(
    ({ send }) =>
      void send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
  );
  const ca = await Bun.file(site.cert).text();
  const session = connectSession(`https://127.0.0.1:${proxy.port}`, { ca });
  const streams = [0, 1].map(() => session.request({ ":path": "/events", accept: "text/event-stream" }));
  const exchanges = [await origin.untilExchange(1), await origin.untilExchange(2)];
  for (const [place, exchange] of exchanges.entries()) {
    for (const event of [`data: ${place}a\n\n`, `data: ${place}b\n\n`]) {
      const came = Promise.race(streams.map((stream) => once(stream, "data")));
      await exchange.send(`${event.length.toString(16)}\r\n${event}\r\n`);
      expect(String(await came)).toBe(event);
    }
  }
  await Bun.sleep(1200);
  for (const stream of streams) stream.close();
  for (const exchange of exchanges) await exchange.gone;
  session.destroy();
});
