import { afterEach, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { bindRefusal, listenerOn } from "../../src/system/sockets.ts";
import { freePort } from "../fixtures/port.ts";
import { connectTo, requestText } from "../fixtures/raw-client.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

describe.skipIf(process.platform !== "linux")("a port to listen on", () => {
  function listen(
    hostname: string,
    reusePort: boolean,
    answer = () => Promise.resolve(new Response("hello")),
  ) {
    const server = Bun.serve({ port: 0, hostname, reusePort, fetch: answer });
    leftovers.push(() => server.stop(true));
    return { server, port: server.port ?? 0 };
  }

  test("that is free is not refused", async () => {
    const port = await freePort();
    for (const address of ["127.0.0.1", "0.0.0.0", "::1", "::"])
      expect(bindRefusal(address, port)).toBeUndefined();
  });

  test.each([true, false])("on which somebody listens is, whether he shares it or not (%p)", (reusePort) => {
    const { port } = listen("127.0.0.1", reusePort);
    for (const address of ["127.0.0.1", "0.0.0.0", "::"])
      expect(bindRefusal(address, port)).toBe("EADDRINUSE");
    for (const address of ["127.0.0.2", "::1"]) expect(bindRefusal(address, port)).toBeUndefined();
  });

  test("loses no connection by being asked for", async () => {
    const { port } = listen("127.0.0.1", true);
    for (let times = 0; times < 50; times += 1) {
      const answer = fetch(`http://127.0.0.1:${port}/`, { keepalive: false });
      bindRefusal("127.0.0.1", port);
      expect(await (await answer).text()).toBe("hello");
    }
  });

  test("is free again while its connections drain, and after them", async () => {
    const barrier = Promise.withResolvers<Response>();
    const begun = Promise.withResolvers<void>();
    const { server, port } = listen("127.0.0.1", true, () => {
      begun.resolve();
      return barrier.promise;
    });
    const client = await connectTo(port);
    await client.send(requestText("GET", "/"));
    await begun.promise;
    const stopped = server.stop(false);
    expect(bindRefusal("127.0.0.1", port)).toBeUndefined();
    barrier.resolve(new Response("last"));
    expect((await client.response()).text).toBe("last");
    client.close();
    await stopped;
    expect(bindRefusal("127.0.0.1", port)).toBeUndefined();
  });

  test("of an address that is not of this machine is refused as such", () => {
    expect(bindRefusal("192.0.2.1", 8888)).toBe("EADDRNOTAVAIL");
  });

  test("is not judged where the address cannot be read", () => {
    expect(bindRefusal("fe80::1%lo", 8888)).toBeUndefined();
  });

  test("is one of TCP: UDP does not count", async () => {
    const port = await freePort();
    const socket = createSocket("udp4");
    leftovers.push(() => socket.close());
    const bound = Promise.withResolvers<void>();
    socket.bind(port, "127.0.0.1", () => bound.resolve());
    await bound.promise;
    expect(bindRefusal("127.0.0.1", port)).toBeUndefined();
  });
});

test.skipIf(process.platform !== "linux")("who listens on an abstract socket is told", () => {
  const name = `cacheproxy-test-${process.pid}`;
  expect(listenerOn(name)).toBeUndefined();
  const server = Bun.listen({
    unix: `\0${name}`,
    socket: { open: (socket) => void socket.end(), data: () => undefined },
  });
  expect(listenerOn(name)).toEqual({ pid: process.pid, uid: process.getuid?.() ?? -1 });
  server.stop(true);
  expect(listenerOn(name)).toBeUndefined();
});
