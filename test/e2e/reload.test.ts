import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { type Certificate, makeCertificate } from "../fixtures/certificate.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, runBinary, startProxy, untilGone } from "./harness.ts";

const keep = stoppedAfterEach();
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-reload-"));
  file = join(folder, "cacheproxy.toml");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const shop = '[[site]]\nname = "shop"\n';
const assets = '[[site.rule]]\nname = "assets"\nif = { path = ["/static/**"] }\nlifetime = "1h"\n';

/** The file is read at the start, and again whenever it is asked for. */
async function proxyBy(text: string, ...flags: readonly string[]) {
  await Bun.write(file, text);
  const origin = keep(
    await startOrigin((exchange) => void exchange.respond(200, { "Content-Type": "text/plain" }, "a page")),
  );
  // What is in flight when workers leave is done in a moment here.
  const all = ["--config", file, "--grace", "1s", ...flags];
  return { origin, proxy: keep(await startProxy(origin.url, { flags: all })) };
}

function reload({ cacheDir }: RunningProxy) {
  return runBinary(["reload", "--cache-dir", cacheDir]);
}

/** Clients that ask without pause, each over a connection that it keeps, until they are told to end. */
function steadyClients({ url }: RunningProxy) {
  const seen = { answers: 0, failures: [] as string[] };
  let isOver = false;
  async function ask(path: string): Promise<void> {
    while (!isOver) {
      try {
        const response = await fetch(url + path);
        if (response.status !== 200 || (await response.text()) !== "a page")
          seen.failures.push(`${path}: ${response.status}`);
        seen.answers += 1;
      } catch (error) {
        seen.failures.push(`${path}: ${error}`);
      }
    }
  }
  const clients = Array.from({ length: 8 }, (_, client) => ask(`/page/${client}`));
  return {
    seen,
    async end() {
      isOver = true;
      await Promise.all(clients);
      return seen;
    },
  };
}

async function untilAnswered(seen: { readonly answers: number }, more: number): Promise<void> {
  const wanted = seen.answers + more;
  while (seen.answers < wanted) await Bun.sleep(5);
}

async function isHit({ port }: RunningProxy, path: string): Promise<boolean> {
  return (await get(port, path)).field("x-cache") === "HIT";
}

describe("a reload", () => {
  test("acts in the workers as they are, which keep what they have, while clients are served", async () => {
    const { origin, proxy } = await proxyBy('default-ttl = "1h"\n');
    const workers = await proxy.workerPids();
    const clients = steadyClients(proxy);
    await untilAnswered(clients.seen, 100);
    const asked = origin.requests.length;
    for (const [text, change] of [
      ['default-ttl = "2h"\n', "default-ttl changed from 1h to 2h\n"],
      ['default-ttl = "2h"\nerror-cap = "off"\n', "error-cap changed from nothing to off\n"],
      ['default-ttl = "2h"\nerror-cap = "off"\n', "nothing has changed\n"],
    ] as const) {
      await Bun.write(file, text);
      const { code, stdout, stderr } = await reload(proxy);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toStartWith(change);
      await untilAnswered(clients.seen, 100);
    }
    expect((await clients.end()).failures).toEqual([]);
    // What was stored is found as before.
    expect(origin.requests).toHaveLength(asked);
    expect(await proxy.workerPids()).toEqual(workers);
  });

  test("makes the new rule act: what was not stored is, from the next request on", async () => {
    const { proxy } = await proxyBy(shop);
    expect([await isHit(proxy, "/static/a"), await isHit(proxy, "/static/a")]).toEqual([false, false]);
    await Bun.write(file, shop + assets);
    expect(await reload(proxy)).toEqual({
      code: 0,
      stdout: "shop: rule assets (/static/**) is new\n",
      stderr: "",
    });
    expect([await isHit(proxy, "/static/a"), await isHit(proxy, "/static/a")]).toEqual([false, true]);
    expect([await isHit(proxy, "/a"), await isHit(proxy, "/a")]).toEqual([false, false]);
  });

  test("is refused where the file of the working folder is gone: nobody means to serve without its sites", async () => {
    await Bun.write(file, shop);
    const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "a page")));
    const proxy = keep(await startProxy(origin.url, { launcher: ["env", "-C", folder] }));
    await rm(file);
    expect(await reload(proxy)).toEqual({
      code: 1,
      stdout: "",
      stderr:
        'cacheproxy: the file "cacheproxy.toml" cannot be read (ENOENT); it should be a file you may read\n',
    });
    await Bun.write(file, shop + assets);
    expect((await reload(proxy)).stdout).toBe("shop: rule assets (/static/**) is new\n");
  });

  test("comes with SIGHUP as well, and tells the journal", async () => {
    const { proxy } = await proxyBy(shop + assets);
    await Bun.write(file, (shop + assets).replace("1h", "30d"));
    proxy.signal("SIGHUP");
    await proxy.stderr.until(/reload: shop: rule assets \(\/static\/\*\*\): lifetime changed from 1h to 30d/);
  });

  test("has other workers take the place of all, and loses no request", async () => {
    const { proxy } = await proxyBy('default-ttl = "1h"\n');
    const former = await proxy.workerPids();
    const clients = steadyClients(proxy);
    await untilAnswered(clients.seen, 100);
    await Bun.write(file, 'default-ttl = "1h"\nmemory = "64MB"\ndisk = "1GB"\n');
    const { code, stdout } = await reload(proxy);
    expect([code, stdout]).toEqual([0, "memory changed from 256MB to 64MB\ndisk changed from 10GB to 1GB\n"]);
    await untilAnswered(clients.seen, 500);
    await Promise.all(former.map(untilGone));
    await untilAnswered(clients.seen, 100);
    expect((await clients.end()).failures).toEqual([]);
    const workers = await proxy.workerPids();
    expect(workers).toHaveLength(2);
    expect(workers.filter((pid) => former.includes(pid))).toEqual([]);
    // The disk has what they had stored.
    const response = await fetch(`${proxy.url}/page/0`);
    expect(response.headers.get("cache-status")).toStartWith("cacheproxy; hit");
  });

  test("of a file with something wrong changes nothing, says why, and ends with code 1", async () => {
    const { proxy } = await proxyBy('default-ttl = "1h"\n');
    const workers = await proxy.workerPids();
    await isHit(proxy, "/a");
    await Bun.write(file, 'default-ttl = "1 hour"\n');
    const { code, stdout, stderr } = await reload(proxy);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("default-ttl");
    proxy.signal("SIGHUP");
    expect(await proxy.stderr.until(/nothing is reloaded/)).toContain("default-ttl");
    expect(await isHit(proxy, "/a")).toBe(true);
    expect(await proxy.workerPids()).toEqual(workers);
  });

  test("where none runs ends with code 1", async () => {
    const { code, stderr } = await runBinary(["reload", "--cache-dir", join(folder, "nowhere")]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("no cacheproxy of yours is running")]);
  });
});

test("--watch: a file that another one has replaced is read without being asked for", async () => {
  const { proxy } = await proxyBy("", "--watch");
  const draft = join(folder, "draft");
  await Bun.write(draft, 'default-ttl = "1h"\n');
  await rename(draft, file);
  await proxy.stderr.until(/reload: default-ttl changed from nothing to 1h/);
});

test("renewed certificates are what the next client is shown, on the same port, after a reload", async () => {
  const first = await makeCertificate(folder);
  await proxyThat(first, async ({ proxy, certificateShown }) => {
    const before = await certificateShown();
    const renewed = await makeCertificate(await mkdtemp(join(folder, "renewed-")));
    await Bun.write(first.cert, Bun.file(renewed.cert));
    await Bun.write(first.key, Bun.file(renewed.key));
    expect((await reload(proxy)).stdout).toBe("the files of certificates are renewed\n");
    expect(await certificateShown()).not.toBe(before);
  });
});

test("a worker that dies while a certificate is half written comes back with the one it had", async () => {
  const written = await makeCertificate(folder, "half-written");
  await proxyThat(written, async ({ proxy, certificateShown }) => {
    const before = await certificateShown();
    await Bun.write(written.cert, "-----BEGIN CERT");
    for (const worker of await proxy.workerPids()) process.kill(worker, "SIGKILL");
    for (const number of [1, 2]) await proxy.stderr.until(new RegExp(`worker ${number} is back`));
    expect(await certificateShown()).toBe(before);
  });
});

async function proxyThat(
  { cert, key }: Certificate,
  work: (it: { proxy: RunningProxy; certificateShown: () => Promise<string> }) => Promise<void>,
): Promise<void> {
  const { proxy } = await proxyBy("", "--tls-cert", cert, "--tls-key", key);
  const certificateShown = async () => {
    const socket = connect({ host: "127.0.0.1", port: proxy.port, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  await work({ proxy, certificateShown });
}
