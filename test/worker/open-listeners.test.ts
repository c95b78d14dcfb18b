import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import type { CertificateFiles, ListenAddress } from "../../src/config/schema.ts";
import { requestHandlers } from "../../src/worker/listener.ts";
import { type Doors, openListeners } from "../../src/worker/open-listeners.ts";
import type { Entry } from "../../src/worker/serving.ts";
import { makeCertificate } from "../fixtures/certificate.ts";
import { freePort } from "../fixtures/port.ts";
import { ask, get, requestText } from "../fixtures/raw-client.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

let folder: string;
let certificates: CertificateFiles[];
let socketsMade = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-doors-"));
  certificates = [
    await makeCertificate(folder, "first", ["DNS:first.example", "DNS:both.example"]),
    await makeCertificate(folder, "second", ["DNS:second.example", "DNS:both.example"]),
    await makeCertificate(folder, "wild", ["DNS:*.wild.example"]),
  ];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const idleSeconds = 1;
/** Bun's server looks every 4 s for connections that were idle for longer than they may be. */
const longerThanIdle = 5_000;

/** Answers with the scheme, the client's address and the name of this life. */
function handlersAt(life: string) {
  return ({ protocol, clients, peerOf }: Entry) =>
    requestHandlers({
      hit(request) {
        if (request.url.endsWith("/long")) return undefined;
        const { address } = clients.facts(request.headers, () => peerOf(request));
        return new Response(`${life} ${protocol} ${address}`);
      },
      app: {
        async fetch() {
          await Bun.sleep(longerThanIdle);
          return new Response("long");
        },
      },
      clients,
      takesExplanation: () => false,
      idleSeconds,
      onError: () => undefined,
    });
}

async function open(
  listen: readonly ListenAddress[],
  {
    life = "one",
    workerNumber = 1,
    trust = [],
  }: { life?: string; workerNumber?: number; trust?: string[] } = {},
) {
  const doors: Doors = {
    settings: { listen: [...listen], http3: false, trust },
    certificates: await Promise.all(certificates.map(textsOf)),
    workerNumber,
    handlersAt: handlersAt(life),
    newSuffix() {
      socketsMade += 1;
      return `${socketsMade}`;
    },
  };
  const listening = await openListeners(doors);
  leftovers.push(() => listening.stop(true));
  return listening;
}

async function textsOf({ cert, key }: CertificateFiles): Promise<CertificateFiles> {
  return { cert: await Bun.file(cert).text(), key: await Bun.file(key).text() };
}

async function port(scheme: "http" | "https", number?: number): Promise<ListenAddress & { kind: "tcp" }> {
  return { kind: "tcp", scheme, host: "127.0.0.1", port: number ?? (await freePort()) };
}

async function overTls(at: { readonly port: number }): Promise<string> {
  const url = `https://127.0.0.1:${at.port}/`;
  return (await fetch(url, { tls: { rejectUnauthorized: false } })).text();
}

async function text(at: number | string): Promise<string> {
  return (await ask(at, requestText("GET", "/"))).text;
}

describe("a worker listens at all places at once", () => {
  test("and knows by which scheme each request came", async () => {
    const [plain, tls, path] = [await port("http"), await port("https"), join(folder, "all.sock")];
    const listening = await open([plain, tls, { kind: "unix", path }]);
    expect(listening.port).toBe(plain.port);
    expect(await text(plain.port)).toBe("one http 127.0.0.1");
    expect(await overTls(tls)).toBe("one https 127.0.0.1");
    expect(await text(path)).toBe("one http null");
  });

  test("and pauses, resumes and stops at all of them", async () => {
    const [plain, path] = [await port("http"), join(folder, "pausing.sock")];
    const listening = await open([plain, { kind: "unix", path }]);
    listening.pause();
    expect(listening.isListening).toBe(false);
    await expect(get(plain.port, "/")).rejects.toThrow();
    await expect(text(path)).rejects.toThrow();
    listening.resume();
    expect(listening.isListening).toBe(true);
    expect([await text(plain.port), await text(path)]).toEqual(["one http 127.0.0.1", "one http null"]);
    await listening.stop(false);
    await expect(get(plain.port, "/")).rejects.toThrow();
    expect(existsSync(path)).toBe(false);
  });

  test("or at none, where one cannot be had, and that one is told as it is written", async () => {
    const plain = await port("http");
    const path = join(folder, "none", "x.sock");
    const opening = open([plain, { kind: "unix", path }]);
    await expect(opening).rejects.toThrow(
      `--listen unix:${path} lies in no folder that is there; it should be in one`,
    );
    await expect(get(plain.port, "/")).rejects.toThrow();
  });

  test("and believes a proxy at each of them that is trusted there", async () => {
    const [plain, path] = [await port("http"), join(folder, "trusting.sock")];
    await open([plain, { kind: "unix", path }], { trust: ["127.0.0.0/8"] });
    const request = requestText("GET", "/", { "X-Forwarded-For": "192.0.2.7" });
    expect((await ask(plain.port, request)).text).toBe("one http 192.0.2.7");
    expect((await ask(path, request)).text).toBe("one http 192.0.2.7");
  });
});

describe("a socket in the file system", () => {
  test("is the first worker's", async () => {
    const [plain, path] = [await port("http"), join(folder, "first.sock")];
    await open([plain, { kind: "unix", path }], { workerNumber: 2 });
    expect(existsSync(path)).toBe(false);
    expect(await text(plain.port)).toBe("one http 127.0.0.1");
  });

  test("lets its owner and the group connect, and nobody else; its first name is gone", async () => {
    const path = join(folder, "rights.sock");
    await open([{ kind: "unix", path }]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(readdirSync(folder).filter((name) => name.startsWith("rights.sock"))).toEqual(["rights.sock"]);
  });

  test("goes over to the next worker, whose it stays when the former leaves", async () => {
    const path = join(folder, "next.sock");
    const former = await open([{ kind: "unix", path }], { life: "former" });
    expect(await text(path)).toBe("former http null");
    const next = await open([{ kind: "unix", path }], { life: "next" });
    expect(await text(path)).toBe("next http null");
    await former.stop(false);
    expect(await text(path)).toBe("next http null");
    await next.stop(false);
    expect(existsSync(path)).toBe(false);
  });

  test("takes the place of what a killed process has left", async () => {
    const path = join(folder, "left.sock");
    const program = `Bun.serve({ unix: ${JSON.stringify(path)}, fetch: () => new Response() });
      process.kill(process.pid, "SIGKILL");`;
    await Bun.spawn([process.execPath, "-e", program]).exited;
    await open([{ kind: "unix", path }]);
    expect(await text(path)).toBe("one http null");
  });

  test("cuts off no request that waits for the origin for longer than a connection may idle", async () => {
    const path = join(folder, "long.sock");
    await open([{ kind: "unix", path }]);
    expect((await ask(path, requestText("GET", "/long"))).text).toBe("long");
  });
});

/** The first name of the certificate that a client gets who asks for the host. */
async function certificateFor(at: { readonly port: number }, host: string | undefined): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const name = host === undefined ? {} : { servername: host };
  const socket = connect({ host: "127.0.0.1", port: at.port, rejectUnauthorized: false, ...name }, () => {
    resolve(socket.getPeerCertificate().subjectaltname?.split(",")[0] ?? "");
    socket.end();
  });
  socket.on("error", reject);
  return promise;
}

describe("of several certificates a client gets that of the host it asks for", () => {
  test.each<[host: string | undefined, certificate: string]>([
    ["first.example", "DNS:first.example"],
    ["second.example", "DNS:second.example"],
    ["both.example", "DNS:first.example"],
    ["a.wild.example", "DNS:*.wild.example"],
    ["a.b.wild.example", "DNS:first.example"],
    ["wild.example", "DNS:first.example"],
    ["other.example", "DNS:first.example"],
    [undefined, "DNS:first.example"],
  ])("%s: %s", async (host, certificate) => {
    const tls = await port("https");
    await open([tls]);
    expect(await certificateFor(tls, host)).toBe(certificate);
  });
});
