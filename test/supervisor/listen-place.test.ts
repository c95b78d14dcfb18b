import { afterEach, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/config/usage-error.ts";
import type { ListenAddress } from "../../src/config/schema.ts";
import { type ListenClaims, listenPlace } from "../../src/supervisor/listen-place.ts";
import type { Place } from "../../src/supervisor/takeover.ts";
import { freePort } from "../fixtures/port.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

const here = { host: "127.0.0.1", http3: false };

interface OnePort {
  readonly host: string;
  readonly port: number;
  readonly http3: boolean;
}

/** One port, as --port and --host say it. */
function portPlace({ host, port, http3 }: OnePort): Promise<Place<ListenClaims>> {
  const scheme = http3 ? "https" : "http";
  return listenPlace({ http3, listen: [{ kind: "tcp", scheme, host, port, isShort: true }] });
}

/** What --listen says of a port of this machine. */
function local(port: number, host = "127.0.0.1"): ListenAddress {
  return { kind: "tcp", scheme: "http", host, port };
}

function placeOf(...listen: ListenAddress[]): Promise<Place<ListenClaims>> {
  return listenPlace({ http3: false, listen });
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "cacheproxy-listen-"));
  leftovers.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function take(place: Place<ListenClaims>): Promise<ListenClaims | undefined> {
  const port = await place.take();
  if (port !== undefined) leftovers.push(port.release);
  return port;
}

function listen(reusePort: boolean): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", reusePort, fetch: () => new Response() });
  leftovers.push(() => server.stop(true));
  return server.port ?? 0;
}

describe.skipIf(process.platform !== "linux")("a port", () => {
  test("that is free is taken, once, until it is given back", async () => {
    const port = await freePort();
    const first = await take(await portPlace({ ...here, port }));
    const second = await portPlace({ ...here, port });
    expect(await take(second)).toBeUndefined();
    expect(second.kept()).toBe(
      `--port ${port} is taken by another cacheproxy, process ${process.pid}; it should be a free port`,
    );
    first?.release();
    expect(await take(second)).toBeDefined();
  });

  test("is another one on another address", async () => {
    const port = await freePort();
    expect(await take(await portPlace({ ...here, port }))).toBeDefined();
    expect(await take(await portPlace({ ...here, host: "127.0.0.2", port }))).toBeDefined();
  });

  test.each([true, false])(
    "on which another program listens is not, whether it shares it or not (%p)",
    async (reusePort) => {
      const port = listen(reusePort);
      for (const host of ["127.0.0.1", "0.0.0.0"]) {
        const place = await portPlace({ ...here, host, port });
        expect(await take(place)).toBeUndefined();
        expect(place.kept()).toBe(`--port ${port} is taken by another program; it should be a free port`);
      }
    },
  );

  test("that was refused is not claimed", async () => {
    const port = listen(true);
    const place = await portPlace({ ...here, port });
    expect(await take(place)).toBeUndefined();
    await leftovers.pop()?.();
    expect(await take(place)).toBeDefined();
  });

  test("with HTTP/3 is the UDP port, too", async () => {
    const socket = createSocket("udp4");
    const bound = Promise.withResolvers<void>();
    const port = await freePort();
    socket.bind(port, "127.0.0.1", () => bound.resolve());
    await bound.promise;
    expect(await take(await portPlace({ ...here, host: "127.0.0.1", port }))).toBeDefined();
    await leftovers.pop()?.();
    const place = await portPlace({ ...here, http3: true, port });
    expect(await take(place)).toBeUndefined();
    expect(place.kept()).toBe(
      `--http3 has the UDP port of the same number: --port ${port} is taken by another program; it should be a free port`,
    );
    const closed = Promise.withResolvers<void>();
    socket.close(() => closed.resolve());
    await closed.promise;
    expect(await take(place)).toBeDefined();
  });

  test("of an address that is not of this machine is refused at once", async () => {
    const place = await portPlace({ ...here, host: "192.0.2.1", port: await freePort() });
    await expect(place.take()).rejects.toThrow(
      new UsageError(
        "--host 192.0.2.1 is not an address of this machine; it should be one, or 0.0.0.0 for all",
      ),
    );
  });
});

describe.skipIf(process.platform !== "linux")("several ports", () => {
  test("are all had, or none", async () => {
    const [free, taken] = [await freePort(), listen(true)];
    const place = await placeOf(local(free), local(taken));
    expect(await take(place)).toBeUndefined();
    const line = `--listen http://127.0.0.1:${taken} is taken`;
    expect([place.kept(), place.leaving]).toEqual([
      `${line} by another program; it should be a free port`,
      line,
    ]);
    expect(await take(await placeOf(local(free)))).toBeDefined();
  });

  test("that are one by two names are refused at once", async () => {
    const port = await freePort();
    await expect(placeOf(local(port), local(port, "localhost"))).rejects.toThrow(
      `--listen http://localhost:${port} is where --listen http://127.0.0.1:${port} listens; there should be one of them`,
    );
  });

  test("give way to others: what is named anew is claimed at once, what is not any more is let go of later", async () => {
    const [stays, leaves, comes] = [await freePort(), await freePort(), await freePort()];
    const claims = await take(await placeOf(local(stays), local(leaves)));
    const letGo = await claims?.moveTo({ http3: false, listen: [local(stays), local(comes)] });
    const isFree = async (port: number) => {
      const taken = await (await placeOf(local(port))).take();
      taken?.release();
      return taken !== undefined;
    };
    const free = () => Promise.all([stays, leaves, comes].map(isFree));
    expect(await free()).toEqual([false, false, false]);
    letGo?.();
    expect(await free()).toEqual([false, true, false]);
    claims?.release();
    expect(await free()).toEqual([true, true, true]);
  });

  test("may be the same port on every address, and on one again: those who listen there are ours", async () => {
    const port = await freePort();
    const claims = await take(await placeOf(local(port)));
    const server = Bun.serve({ port, hostname: "127.0.0.1", reusePort: true, fetch: () => new Response() });
    leftovers.push(() => server.stop(true));
    for (const host of ["0.0.0.0", "127.0.0.1"]) {
      const letGo = await claims?.moveTo({
        http3: false,
        listen: [{ kind: "tcp", scheme: "http", host, port }],
      });
      letGo?.();
    }
    expect(await take(await placeOf(local(port)))).toBeUndefined();
  });

  test("do not give way where one of the others is taken", async () => {
    const [held, fresh, taken] = [await freePort(), await freePort(), listen(true)];
    const claims = await take(await placeOf(local(held)));
    const move = claims?.moveTo({ http3: false, listen: [local(fresh), local(taken)] });
    await expect(move).rejects.toThrow(
      new UsageError(
        `--listen http://127.0.0.1:${taken} is taken by another program; it should be a free port`,
      ),
    );
    expect(await take(await placeOf(local(fresh)))).toBeDefined();
    expect(await take(await placeOf(local(held)))).toBeUndefined();
  });
});

describe("a socket in the file system", () => {
  test.skipIf(process.platform !== "linux")("is had by one cacheproxy", async () => {
    const path = join(await folder(), "cache.sock");
    expect(await take(await placeOf({ kind: "unix", path }))).toBeDefined();
    const second = await placeOf({ kind: "unix", path });
    expect(await take(second)).toBeUndefined();
    expect(second.kept()).toBe(
      `--listen unix:${path} is taken by another cacheproxy, process ${process.pid}; it should be another path`,
    );
  });

  test("at which another program listens is not had, until it has ended", async () => {
    const path = join(await folder(), "cache.sock");
    const server = Bun.serve({ unix: path, fetch: () => new Response() });
    const place = await placeOf({ kind: "unix", path });
    expect(await take(place)).toBeUndefined();
    expect(place.kept()).toBe(
      `--listen unix:${path} is taken by another program; it should be a path where nobody listens`,
    );
    await server.stop(true);
    expect(await take(place)).toBeDefined();
  });

  test("that a killed process has left is no hindrance", async () => {
    const path = join(await folder(), "cache.sock");
    const program = `Bun.serve({ unix: ${JSON.stringify(path)}, fetch: () => new Response() });
      process.kill(process.pid, "SIGKILL");`;
    await Bun.spawn([process.execPath, "-e", program]).exited;
    expect(await Bun.file(path).stat()).toBeDefined();
    expect(await take(await placeOf({ kind: "unix", path }))).toBeDefined();
  });

  test.each<[what: string, path: (folder: string) => string, refusal: string]>([
    [
      "a file",
      (folder) => join(folder, "file"),
      "is something else than a socket; it should be a path that is free",
    ],
    [
      "no folder",
      (folder) => join(folder, "none", "x"),
      "lies in no folder that is there; it should be in one",
    ],
    [
      "a file's",
      (folder) => join(folder, "file", "x"),
      "lies in no folder that is there; it should be in one",
    ],
  ])("at %s path is refused at once", async (_, pathIn, refusal) => {
    const here = await folder();
    await Bun.write(join(here, "file"), "");
    const path = pathIn(here);
    await expect((await placeOf({ kind: "unix", path })).take()).rejects.toThrow(
      new UsageError(`--listen unix:${path} ${refusal}`),
    );
    expect(await Bun.file(join(here, "file")).exists()).toBe(true);
  });
});

test("a host that nobody knows is refused at once", async () => {
  await expect(portPlace({ ...here, host: "no-such-name.invalid", port: 8888 })).rejects.toThrow(
    new UsageError(
      "--host no-such-name.invalid is not an address of this machine; it should be one, or 0.0.0.0 for all",
    ),
  );
});
