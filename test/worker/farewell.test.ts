import type { ClientSocket } from "../../src/worker/client-side.ts";
import { describe, expect, test } from "bun:test";
import { createFarewell } from "../../src/worker/farewell.ts";
import type { requestHandlers } from "../../src/worker/listener.ts";

type Handlers = ReturnType<typeof requestHandlers>;

function handlersThat(fetch: Handlers["fetch"]): Handlers {
  return {
    idleTimeout: 1,
    development: false,
    maxRequestBodySize: 1,
    websocket: {},
    fetch,
    error: () => new Response(null, { status: 500 }),
  };
}

const request = new Request("http://cache.test/");
const server = {} as Bun.Server<ClientSocket>;

describe("a worker whose place another has taken", () => {
  test.each<[string, Handlers["fetch"]]>([
    ["that is there", () => new Response("hit", { headers: { Age: "3" } })],
    ["that is on its way", async () => new Response("miss", { headers: { Age: "3" } })],
  ])("tells the client with an answer %s to come over another connection", async (_, fetch) => {
    const stopping = Promise.withResolvers<void>();
    const farewell = createFarewell({ listening: () => stopping.promise, clients: async () => undefined });
    const handlers = farewell.handlers(handlersThat(fetch));
    expect((await handlers.fetch(request, server)).headers.get("connection")).toBeNull();
    const said = farewell.say();
    // It would come back to who is about to leave as well.
    expect((await handlers.fetch(request, server)).headers.get("connection")).toBeNull();
    stopping.resolve();
    await said;
    const answer = await handlers.fetch(request, server);
    expect([answer.headers.get("connection"), answer.headers.get("age")]).toEqual(["close", "3"]);
  });
});
