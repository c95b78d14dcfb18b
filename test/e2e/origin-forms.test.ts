import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority } from "../fixtures/certificate.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();

function folderOfOurs(): string {
  const folder = mkdtempSync(join(tmpdir(), "cacheproxy-origin-"));
  keep({ stop: async () => rmSync(folder, { recursive: true, force: true }) });
  return folder;
}

const fresh = { "Cache-Control": "max-age=60" };

describe.skipIf(Bun.which("python3") === null)("python's server, beneath a path", () => {
  test("is one site of its own: folders, redirects and pages from the cache", async () => {
    const root = folderOfOurs();
    mkdirSync(join(root, "app/dir"), { recursive: true });
    writeFileSync(join(root, "app/dir/index.html"), "in the folder");
    writeFileSync(join(root, "app/page.html"), "a page");
    writeFileSync(join(root, "secret.html"), "outside");
    const python = Bun.spawn(["python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], {
      cwd: root,
      stdout: "pipe",
      stderr: "ignore",
    });
    keep({
      stop() {
        python.kill();
        return python.exited;
      },
    });
    const reader = python.stdout.getReader();
    const said = new TextDecoder().decode((await reader.read()).value);
    const port = /port (\d+)/.exec(said)?.[1];
    const flags = ["--log", "off", "--default-ttl", "60s"];
    const proxy = keep(await startProxy(`http://127.0.0.1:${port}/app/`, { flags }));

    expect((await get(proxy.port, "/page.html")).text).toBe("a page");
    const redirect = await get(proxy.port, "/dir");
    expect([redirect.status, redirect.field("location")]).toEqual([301, "/dir/"]);
    expect((await get(proxy.port, "/dir/")).text).toBe("in the folder");
    for (const target of ["/secret.html", "/../secret.html", "/%2e%2e/secret.html"]) {
      expect((await get(proxy.port, target)).status).toBe(404);
    }
  });
});

test("an origin on a socket is asked there, as localhost", async () => {
  const path = join(folderOfOurs(), "app.sock");
  const server = Bun.serve({
    unix: path,
    fetch: (request) => new Response(`${request.headers.get("host")} ${request.url}`, { headers: fresh }),
  });
  keep({ stop: () => server.stop(true) });
  const proxy = keep(await startProxy(`unix:${path}`, { flags: ["--log", "off"] }));
  expect((await get(proxy.port, "/a?b")).text).toBe("localhost http://localhost/a?b");
  await server.stop(true);
  rmSync(path, { force: true });
  const down = await get(proxy.port, "/other");
  expect([down.status, down.text]).toEqual([502, "502 the origin refuses connections\n"]);
  expect(await proxy.stderr.until(/refuses connections/)).toContain(`unix:${path}`);
});

test("an https origin of a private authority is believed with --origin-ca, and else refused with a word about it", async () => {
  const folder = folderOfOurs();
  const { authority, cert, key } = await makeAuthority(folder);
  const server = Bun.serve({
    port: 0,
    development: false,
    tls: { cert: Bun.file(cert), key: Bun.file(key) },
    fetch: () => new Response("behind TLS", { headers: fresh }),
  });
  keep({ stop: () => server.stop(true) });
  const origin = `https://127.0.0.1:${server.port}`;
  const trusting = keep(await startProxy(origin, { flags: ["--log", "off", "--origin-ca", authority] }));
  expect((await get(trusting.port, "/")).text).toBe("behind TLS");
  const wary = keep(await startProxy(origin, { flags: ["--log", "off"] }));
  const refused = await get(wary.port, "/");
  expect([refused.status, refused.text]).toEqual([
    502,
    "502 the origin could not show that it is the right one\n",
  ]);
  expect(await wary.stderr.until(/origin-untrusted/)).toContain("--origin-ca FILE names others");
});

describe("credentials for the origin", () => {
  const secret = "s3cr3t-of-the-operator";
  const encoded = Buffer.from(`operator:${secret}`).toString("base64");

  test("are sent, and shown by nothing that the program says", async () => {
    const origin = keep(await startOrigin(({ respond }) => void respond(200, fresh, "hello")));
    const { host } = new URL(origin.url);
    const cacheDir = folderOfOurs();
    const proxy = keep(
      await startProxy(`http://operator:${secret}@${host}`, { cacheDir, flags: ["--log", "json"] }),
    );
    expect((await get(proxy.port, "/")).field("x-cache")).toBe("MISS");
    expect((await get(proxy.port, "/")).field("x-cache")).toBe("HIT");
    expect(origin.requests.map((request) => request.field("authorization"))).toEqual([`Basic ${encoded}`]);
    await origin.stop();
    const down = await get(proxy.port, "/down");
    await proxy.stderr.until(/refuses connections/);
    const stats = await runBinary(["stats", "--cache-dir", cacheDir]);
    await proxy.stop();
    const said = [proxy.stdout.text, proxy.stderr.text, stats.stdout, stats.stderr, down.head, down.text];
    for (const text of said) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(encoded);
    }
  });

  test.each([
    [["--origin", `http://operator:${secret}@example.com/?q`]],
    [["--origin", `operator:${secret}@example.com`]],
    [[`http://operator:${secret}@example.com`]],
    [["8888", `http://operator:${secret}@example.com`]],
    [["--orign", `http://operator:${secret}@example.com`]],
    [[`--orign=http://operator:${secret}@example.com`]],
    [["purge", `operator:${secret}@example.com/`]],
  ])("are not in the line that tells what is wrong with %j", async (words) => {
    const { code, stdout, stderr } = await runBinary(words, { folder: folderOfOurs() });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(secret);
  });
});
