import { afterEach, describe, expect, test } from "bun:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { stopListening } from "../../src/system/listening.ts";
import { connectTo, get, requestText } from "../fixtures/raw-client.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

function listen(name: string, port = 0): number {
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    reusePort: true,
    fetch: () => new Response(name),
  });
  leftovers.push(() => server.stop(true));
  return server.port ?? 0;
}

async function connected(port: number) {
  const client = await connectTo(port);
  leftovers.push(() => client.close());
  return async (target: string) => {
    await client.send(requestText("GET", target));
    return (await client.response()).text;
  };
}

describe.skipIf(process.platform !== "linux")("a process that listens no more", () => {
  test("answers on the connections that it has, and takes no others", async () => {
    const port = listen("here");
    const ask = await connected(port);
    expect(await ask("/a")).toBe("here");
    expect(await stopListening(nextTurn)).toBe(true);
    expect(await ask("/b")).toBe("here");
    await expect(connectTo(port)).rejects.toThrow();
  });

  test("has accepted those that had connected before", async () => {
    const port = listen("here");
    // The system has made these connections, and nobody has heard of them yet.
    const asking = Array.from({ length: 20 }, async () => await (await connected(port))("/a"));
    await stopListening(nextTurn);
    const answers = await Promise.allSettled(asking);
    expect(answers.filter(({ status }) => status === "rejected")).toEqual([]);
  });

  test("leaves the port to who listens there from then on", async () => {
    const port = listen("former");
    await stopListening(nextTurn);
    listen("next", port);
    for (let times = 0; times < 20; times += 1) expect((await get(port, "/")).text).toBe("next");
  });
});
