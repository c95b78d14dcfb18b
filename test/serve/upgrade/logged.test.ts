import { expect, test } from "bun:test";
import { createHandDeadlines } from "../../fixtures/hand-deadlines.ts";
import { openWebSocket, startWebSocketOrigin } from "../../fixtures/web-socket-ends.ts";
import { startProxy } from "../proxy.ts";

test("a WebSocket is told of once, when it has ended: how long it was and what the client got", async () => {
  const origin = await startWebSocketOrigin();
  const proxy = await startProxy(() => undefined, { originUrl: origin.url });
  const opening = openWebSocket(proxy.port, "/chat?room=1");
  const server = (await origin.call()).accept({ "Set-Cookie": "a=1", "X-Own": "kept" });
  const { peer, field } = await opening;
  expect(["set-cookie", "x-own", "via", "x-cache", "cache-status"].map(field)).toEqual([
    ...[
      "a=1",
      "kept",
      "1.1 cacheproxy",
      "JOINED",
      "cacheproxy; fwd=bypass; fwd-status=101; detail=websocket",
    ],
  ]);
  server.send(1, "hello");
  await peer.nextWord();
  expect([proxy.served, proxy.webSockets.joined]).toEqual([[], 1]);
  proxy.advance(90);
  peer.close(1000);
  await proxy.untilServed(1);
  expect(proxy.webSockets.joined).toBe(0);
  expect(proxy.served).toMatchObject([
    {
      ...{
        cache: "JOINED",
        reason: "websocket",
        forwarded: "websocket",
        status: 101,
        target: "/chat?room=1",
      },
      ...{ bytes: 5, milliseconds: 90_000 },
    },
  ]);
  await proxy.stop();
  await origin.stop();
});

test("a WebSocket on which nothing passes is closed by its own limit", async () => {
  const origin = await startWebSocketOrigin();
  const webSocketIdle = createHandDeadlines();
  const proxy = await startProxy(() => undefined, { originUrl: origin.url, webSocketIdle });
  const opening = openWebSocket(proxy.port, "/chat");
  const server = (await origin.call()).accept();
  const { peer } = await opening;
  webSocketIdle.pass();
  const goodbye = "close 1001 nothing has passed for too long";
  expect([await peer.nextWord(), await server.nextWord()]).toEqual([goodbye, goodbye]);
  expect(await peer.nextWord()).toBe("ended");
  await proxy.stop();
  await origin.stop();
});

test.each([
  ["masked", [0x81, 0x80, 1, 2, 3, 4], 1002],
  ["of no kind", [0x83, 0], 1002],
  ["of text that is none", [0x81, 1, 0xff], 1007],
  ["too large", [0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1], 1009],
])("an origin whose frame is %s is told so, and the client's connection ends", async (_, bytes, code) => {
  const origin = await startWebSocketOrigin();
  const proxy = await startProxy(() => undefined, { originUrl: origin.url });
  const opening = openWebSocket(proxy.port, "/chat");
  const server = (await origin.call()).accept();
  const { peer } = await opening;
  server.send(1, "before");
  server.sendBytes(Uint8Array.from(bytes));
  expect([await peer.nextWord(), await peer.nextWord()]).toEqual(["text before", "ended"]);
  expect(await server.nextWord()).toBe(`close ${code}`);
  await proxy.stop();
  await origin.stop();
});
