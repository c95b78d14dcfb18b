import { afterEach, describe, expect, test } from "bun:test";
import { freePort } from "../fixtures/port.ts";
import { connectTo, get, type RawClient, requestText } from "../fixtures/raw-client.ts";
import {
  createPausingListener,
  type PausingListener,
  pausingTogether,
} from "../../src/worker/pausing-listener.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0)) await remove();
});

/** Answers /slow when the test says so. */
async function openScene(canPause = true) {
  const port = await freePort();
  const barrier = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  let servers = 0;
  const listener: PausingListener = createPausingListener({
    canPause,
    open() {
      servers += 1;
      const number = servers;
      return Bun.serve({
        port,
        hostname: "127.0.0.1",
        development: false,
        async fetch(request) {
          const address = listener.requestIP(request)?.address;
          if (!request.url.endsWith("/slow")) return new Response(`${number} ${address}`);
          begun.resolve();
          await barrier.promise;
          return new Response(`slow ${number} ${listener.requestIP(request)?.address}`);
        },
      });
    },
  });
  leftovers.push(() => listener.stop(true));
  return { port, listener, barrier, begun };
}

async function client(port: number, ...targets: string[]): Promise<RawClient> {
  const opened = await connectTo(port);
  leftovers.push(() => opened.close());
  for (const target of targets) await opened.send(requestText("GET", target));
  return opened;
}

describe("a listener that pauses", () => {
  test("refuses new connections, and closes those that idle", async () => {
    const { port, listener } = await openScene();
    const idle = await client(port, "/a");
    expect((await idle.response()).text).toBe("1 127.0.0.1");
    listener.pause();
    expect(listener.isListening).toBe(false);
    expect((await idle.rest()).bytes.byteLength).toBe(0);
    await expect(get(port, "/a")).rejects.toThrow();
  });

  test("lets requests in flight finish, also after it listens again", async () => {
    const { port, listener, barrier, begun } = await openScene();
    const slow = await client(port, "/slow");
    await begun.promise;
    listener.pause();
    listener.resume();
    expect((await get(port, "/a")).text).toBe("2 127.0.0.1");
    barrier.resolve();
    expect((await slow.response()).text).toBe("slow 1 127.0.0.1");
  });

  test("counts those in flight, of whichever time they are", async () => {
    const { port, listener, barrier, begun } = await openScene();
    expect(listener.pendingRequests).toBe(0);
    const slow = await client(port, "/slow");
    await begun.promise;
    expect(listener.pendingRequests).toBe(1);
    listener.pause();
    expect(listener.pendingRequests).toBe(1);
    listener.resume();
    expect(listener.pendingRequests).toBe(1);
    expect(pausingTogether([listener, listener]).pendingRequests).toBe(2);
    barrier.resolve();
    await slow.response();
    expect(listener.pendingRequests).toBe(0);
  });

  test("does so again and again", async () => {
    const { port, listener } = await openScene();
    for (let times = 2; times < 20; times += 1) {
      listener.pause();
      listener.pause();
      listener.resume();
      listener.resume();
      expect((await get(port, "/a")).text).toStartWith(`${times} `);
    }
  });

  test("does not where it may not", async () => {
    const { port, listener } = await openScene(false);
    listener.pause();
    expect(listener.isListening).toBe(true);
    expect((await get(port, "/a")).text).toStartWith("1 ");
  });
});

describe("a listener that stops", () => {
  test.each([true, false])(
    "waits for what is in flight, of earlier pauses, too (may pause: %p)",
    async (canPause) => {
      const { port, listener, barrier, begun } = await openScene(canPause);
      const slow = await client(port, "/slow");
      await begun.promise;
      listener.pause();
      listener.resume();
      const stopped = listener.stop(false);
      expect(await Promise.race([stopped.then(() => "stopped"), begun.promise.then(() => "waits")])).toBe(
        "waits",
      );
      barrier.resolve();
      expect((await slow.response()).text).toStartWith("slow 1");
      await stopped;
      await expect(get(port, "/a")).rejects.toThrow();
    },
  );

  test("does not wait for connections on which nothing was asked, or not all of it", async () => {
    const { port, listener, barrier, begun } = await openScene();
    await client(port);
    await (await client(port)).send("GET /half HTTP/1.1\r\nHo");
    const slow = await client(port, "/slow");
    await begun.promise;
    const stopped = listener.stop(false);
    barrier.resolve();
    expect((await slow.response()).text).toStartWith("slow 1");
    const beganAt = performance.now();
    await stopped;
    // Bun waits ten seconds for it.
    expect(performance.now() - beganAt).toBeLessThan(8_000);
  });

  test("cuts off what is in flight when it is told to hurry", async () => {
    const { port, listener, begun } = await openScene();
    const slow = await client(port, "/slow");
    await begun.promise;
    await Promise.all([listener.stop(false), listener.stop(true)]);
    await expect(slow.response()).rejects.toThrow();
  });
});
