import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  test("has accepted who had connected before", async () => {
    const port = listen("here");
    const directory = mkdtempSync(join(tmpdir(), "listening-"));
    leftovers.push(() => rmSync(directory, { recursive: true }));
    const [answer, end] = [join(directory, "answer"), join(directory, "end")];
    const request = "GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n";
    const client = `exec 3<>/dev/tcp/127.0.0.1/${port}; (printf "${request}" >&3; cat <&3 >${answer}; touch ${end}) &`;
    // When this returns, the system has made the connection, and nobody here has heard of it.
    Bun.spawnSync(["bash", "-c", client], { stdio: ["ignore", "ignore", "ignore"] });
    await stopListening(nextTurn);
    while (!existsSync(end)) await nextTurn();
    expect(readFileSync(answer, "utf8")).toEndWith("here");
  });

  test("leaves the port to who listens there from then on", async () => {
    const port = listen("former");
    await stopListening(nextTurn);
    listen("next", port);
    for (let times = 0; times < 20; times += 1) expect((await get(port, "/")).text).toBe("next");
  });
});
