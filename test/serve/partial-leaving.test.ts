import { afterEach, expect, spyOn, test } from "bun:test";
import type { Exchange } from "../fixtures/origin.ts";
import { connectTo, type RawClient, requestText } from "../fixtures/raw-client.ts";
import { type Representation, serving } from "../fixtures/representation.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import { bytesOf } from "../store/samples.ts";
import { beginning, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
let directory: TestDirectory;
let client: RawClient | undefined;
afterEach(async () => {
  client?.close();
  await proxy.stop();
  await directory.dispose();
});

const missing = 1000;
const strong = { "Cache-Control": "max-age=60", "Content-Type": "video/mp4", ETag: '"v1"' };

/** A proxy that holds so many bytes of a video, all but the last 1000, and a client that asks for a range of it. */
async function ask(held: number, range: string, answer: (exchange: Exchange) => Promise<unknown>) {
  const video: Representation = { bytes: bytesOf(held + missing), fields: strong };
  directory = createDirectory();
  proxy = await startProxy(serving(video), { store: directory.open({ now: () => beginning }) });
  await proxy.get("/video", { Range: `bytes=0-${held - 1}` });
  proxy.origin.answer(async (exchange) => void (await answer(exchange)));
  client = await connectTo(proxy.port);
  await client.send(requestText("GET", "/video", { Range: range }));
  return { client, gap: await proxy.origin.untilExchange(2) };
}

/** The head of the origin's answer with the last bytes. */
function lastBytes(held: number, framing: string): string {
  const range = `bytes ${held}-${held + missing - 1}/${held + missing}`;
  const lines = Object.entries({ ...strong, "Content-Range": range }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `HTTP/1.1 206 Partial Content\r\n${lines.join("\r\n")}\r\n${framing}\r\n\r\n`;
}

test("a client that leaves before the gap leaves no request for it at the origin", async () => {
  const kept: unknown[] = [];
  const { fetch } = globalThis;
  // Else the garbage collector may end a request that the program has forgotten.
  const keeping = async (...asked: Parameters<typeof fetch>) => {
    const response = await fetch(...asked);
    kept.push(response);
    return response;
  };
  const spy = spyOn(globalThis, "fetch").mockImplementation(Object.assign(keeping, fetch));
  try {
    // More than all buffers between the proxy and a client that does not read.
    const held = 16_000_000;
    const asked = await ask(held, "bytes=0-", ({ send }) =>
      send(lastBytes(held, `Content-Length: ${missing}`)),
    );
    await asked.client.head();
    asked.client.reset();
    await asked.gap.gone;
    expect(kept).toHaveLength(2);
  } finally {
    spy.mockRestore();
  }
});

test("a client that leaves while a later gap is asked for leaves no request for it", async () => {
  // More than is collected before it is sent.
  const half = 300_000;
  const video: Representation = { bytes: bytesOf(2 * (half + missing)), fields: strong };
  directory = createDirectory();
  proxy = await startProxy(serving(video), { store: directory.open({ now: () => beginning }) });
  for (const start of [0, half + missing]) {
    await proxy.get("/video", { Range: `bytes=${start}-${start + half - 1}` });
  }
  client = await connectTo(proxy.port);
  await client.send(requestText("GET", "/video", { Range: "bytes=0-" }));
  await proxy.origin.untilExchange(3);
  proxy.origin.answer(() => undefined);
  const left = client.rest();
  const gap = await proxy.origin.untilExchange(4);
  client.reset();
  await Promise.all([gap.gone, left]);
});

test("a gap that comes to more than its bytes is let go, and its answer is none", async () => {
  const held = 1000;
  const asked = await ask(held, "bytes=990-", async ({ send }) => {
    await send(lastBytes(held, "Transfer-Encoding: chunked"));
    await send(`7d0\r\n${"x".repeat(2000)}\r\n`);
  });
  await asked.gap.gone;
  expect((await asked.client.response()).status).toBe(502);
});
