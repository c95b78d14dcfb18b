import type { ClientSocket } from "../../src/worker/client-side.ts";
import { createClientReader } from "../../src/origin/client-reader.ts";
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { App } from "../../src/serve/app.ts";
import { streamOf } from "../../src/serve/answer/stream.ts";
import { requestHandlers } from "../../src/worker/listener.ts";
import { connectTo, get, requestText } from "../fixtures/raw-client.ts";

/** Bun's server looks every 4 s for connections that were idle for longer than they may be. */
const sweepMilliseconds = 4000;
const idleSeconds = 1;
const longerThanIdle = sweepMilliseconds + 1000;

const waits: Record<
  string,
  (request: Request, limitIdle: (isLimited: boolean) => void) => Promise<Response>
> = {
  "/late": async (_, limitIdle) => {
    await Bun.sleep(longerThanIdle);
    limitIdle(true);
    return new Response("late");
  },
  "/silent": async (request, limitIdle) => {
    let parts = 0;
    const body = {
      async read() {
        parts += 1;
        if (parts === 2) await Bun.sleep(longerThanIdle);
        return parts <= 2 ? new TextEncoder().encode(`part ${parts} `) : undefined;
      },
      cancel: async () => undefined,
    };
    limitIdle(true);
    return new Response(streamOf(body, () => undefined, { signal: request.signal, limitIdle }));
  },
  "/upload": async (request, limitIdle) => {
    const text = await request.text();
    limitIdle(true);
    return new Response(text);
  },
  "/large": async (_, limitIdle) => {
    limitIdle(true);
    return new Response(new Uint8Array(64e6));
  },
};

const short = async (limitIdle: (isLimited: boolean) => void) => {
  limitIdle(true);
  return new Response("short");
};

let server: Bun.Server<ClientSocket>;
beforeAll(() => {
  const app: App = {
    fetch: (request, { limitIdle }) =>
      waits[new URL(request.url).pathname]?.(request, limitIdle) ?? short(limitIdle),
  };
  server = Bun.serve({
    port: 0,
    ...requestHandlers({
      hit: () => undefined,
      app,
      clients: createClientReader({ trust: [], protocol: "http", isUnix: false }),
      takesExplanation: () => false,
      idleSeconds,
      onError: () => undefined,
    }),
  });
});
afterAll(() => server.stop(true));
const port = () => server.port ?? 0;

test.concurrent("who waits for the origin is not idle, before the answer and within it", async () => {
  const answers = await Promise.all([get(port(), "/late"), get(port(), "/silent")]);
  expect(answers.map(({ text }) => text)).toEqual(["late", "part 1 part 2 "]);
});

test.concurrent("nor is who sends a long request, however slowly", async () => {
  const client = await connectTo(port());
  await client.send(`${requestText("POST", "/upload", { "Content-Length": "8" })}some`);
  await Bun.sleep(longerThanIdle);
  await client.send("more");
  expect((await client.response("POST")).text).toBe("somemore");
  client.close();
});

test.concurrent("who does not take what there is, or asks nothing more, is", async () => {
  const lazy = await connectTo(port());
  await lazy.send(requestText("GET", "/large"));
  const idle = await connectTo(port());
  await idle.send(requestText("GET", "/short"));
  await idle.response();
  await Bun.sleep(2 * sweepMilliseconds + 1000);
  expect(await idle.some()).toBeUndefined();
  expect((await lazy.rest()).bytes.length).toBeLessThan(64e6);
});
