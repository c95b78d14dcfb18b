import { afterEach, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { UsageError } from "../../src/config/usage-error.ts";
import { type Port, portPlace } from "../../src/supervisor/port.ts";
import type { Place } from "../../src/supervisor/takeover.ts";
import { freePort } from "../fixtures/port.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

const here = { host: "127.0.0.1", http3: false };

async function take(place: Place<Port>): Promise<Port | undefined> {
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

test("a host that nobody knows is refused at once", async () => {
  await expect(portPlace({ ...here, host: "no-such-name.invalid", port: 8888 })).rejects.toThrow(
    new UsageError(
      "--host no-such-name.invalid is not an address of this machine; it should be one, or 0.0.0.0 for all",
    ),
  );
});
