import { afterEach, expect, test } from "bun:test";
import { connectTo, requestText } from "../fixtures/raw-client.ts";
import { startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

test("who expects 100 is told to continue at once, by the cache alone, and the origin hears nothing of it", async () => {
  proxy = await startProxy(async ({ send, body, respond }) => {
    await send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
    await respond(200, {}, Buffer.from((await body).bytes).toString());
  });
  const client = await connectTo(proxy.port);
  await client.send(requestText("POST", "/form", { "Content-Length": "5", Expect: "100-continue" }));
  expect((await client.response("POST")).statusLine).toBe("HTTP/1.1 100 Continue");
  await client.send("hello");
  const answer = await client.response("POST");
  expect([answer.status, answer.text]).toEqual([200, "hello"]);
  expect(proxy.origin.requests.map((request) => request.field("expect"))).toEqual([null]);
  client.close();
});

test("an origin's early hints are left out, and its answer is passed on and stored", async () => {
  proxy = await startProxy(async ({ send, respond }) => {
    await send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
    await respond(200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" }, "page");
  });
  for (const word of ["MISS", "HIT"]) {
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/page"));
    const answer = await client.response();
    expect([answer.status, answer.field("link"), answer.field("x-cache"), answer.text]).toEqual([
      200,
      null,
      word,
      "page",
    ]);
    client.close();
  }
});
