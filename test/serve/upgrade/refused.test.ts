import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { frame } from "../../fixtures/frames.ts";
import { connectTo, requestText } from "../../fixtures/raw-client.ts";
import {
  handshakeFields,
  openWebSocket,
  startWebSocketOrigin,
  type WebSocketOrigin,
} from "../../fixtures/web-socket-ends.ts";
import { offer } from "../../../src/rules/websocket/deflate.ts";
import { createOffline } from "../../../src/origin/offline.ts";
import type { RuleSettings } from "../../../src/sites/plan.ts";
import { always, planOf, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

let origin: WebSocketOrigin;
const proxies: TestProxy[] = [];

beforeEach(async () => {
  origin = await startWebSocketOrigin();
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
  await origin.stop();
});

async function start(overrides: ProxyOverrides = {}): Promise<TestProxy> {
  const proxy = await startProxy(() => undefined, { originUrl: origin.url, ...overrides });
  proxies.push(proxy);
  return proxy;
}

describe("an origin that does not agree", () => {
  test.each([
    [
      "401 with a challenge",
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nnope",
      [401, "Basic", "nope"],
    ],
    [
      "404 in chunks",
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n0\r\n\r\n",
      [404, null, "none"],
    ],
    ["an ordinary 200", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage", [200, null, "page"]],
    [
      "a 200 that bears an Upgrade",
      "HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\npage",
      [200, null, "page"],
    ],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", [204, null, ""]],
    ["302", "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", [302, null, ""]],
    [
      "426 and goes on as if it had agreed",
      `HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\n\r\nnope${frame(1, "smuggled").toString("latin1")}`,
      [426, null, "nope"],
    ],
  ])("is answered for with what it says: %s", async (_, said, expected) => {
    const proxy = await start();
    const opening = openWebSocket(proxy.port, "/chat");
    const call = await origin.call();
    call.socket.write(Buffer.from(said, "latin1"));
    const answered = await opening;
    const length = Number(answered.field("content-length") ?? 0);
    const body = length === 0 ? "" : await answered.body(length);
    expect([answered.status, answered.field("www-authenticate"), body]).toEqual(expected);
    expect([answered.field("x-cache"), answered.field("cache-status")]).toEqual([
      "PASS",
      `cacheproxy; fwd=bypass; fwd-status=${expected[0]}; detail=websocket`,
    ]);
    answered.peer.socket.destroy();
    expect(proxy.errors).toEqual([]);
  });

  test("has nothing of its refusal stored", async () => {
    const proxy = await start();
    for (const body of ["one", "two"]) {
      const opening = openWebSocket(proxy.port, "/chat");
      (await origin.call()).socket.write(
        `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 3\r\n\r\n${body}`,
      );
      const answered = await opening;
      expect(await answered.body(3)).toBe(body);
      answered.peer.socket.destroy();
    }
  });

  test.each([
    ["for another key", { "Sec-WebSocket-Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }],
    ["without Upgrade", { Upgrade: "" }],
    ["for another protocol", { Upgrade: "h2c" }],
    ["without Connection", { Connection: "keep-alive" }],
    ["with a subprotocol that nobody offered", { "Sec-WebSocket-Protocol": "other" }],
    ["with a compression that nobody offered", { "Sec-WebSocket-Extensions": offer }],
    ["with an extension that nobody offered", { "Sec-WebSocket-Extensions": "x-own" }],
  ])("is not joined where it says 101 %s", async (_, fields) => {
    const proxy = await start();
    const opening = openWebSocket(proxy.port, "/chat", { "Sec-WebSocket-Protocol": "chat" });
    const call = await origin.call();
    call.accept(fields as Record<string, string>);
    const answered = await opening;
    expect([answered.status, answered.field("cache-status")]).toEqual([
      ...[502, "cacheproxy; fwd=bypass; detail=origin-broken"],
    ]);
    answered.peer.socket.destroy();
  });

  test("is answered for with 502 where it breaks off, and with 504 where nobody may be asked", async () => {
    const proxy = await start();
    const opening = openWebSocket(proxy.port, "/chat");
    (await origin.call()).socket.resetAndDestroy();
    expect((await opening).status).toBe(502);
    const offline = await start({ forward: createOffline() });
    expect((await openWebSocket(offline.port, "/chat")).status).toBe(504);
  });

  test("is let go when the client leaves before it has answered", async () => {
    const proxy = await start();
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/chat", handshakeFields()));
    const call = await origin.call();
    const gone = new Promise<void>((resolve) => call.socket.once("close", () => resolve()));
    call.socket.resume();
    client.reset();
    await gone;
    await proxy.untilServed(1);
    expect(proxy.served.map(({ cache, status }) => [cache, status])).toEqual([["LEFT", 499]]);
  });
});

describe("a handshake that is none", () => {
  test.each([
    ["of another protocol", { Upgrade: "h2c" }],
    ["without Connection: Upgrade", { Connection: "keep-alive" }],
    ["of another version", { "Sec-WebSocket-Version": "8" }],
    ["of no version", { "Sec-WebSocket-Version": undefined }],
    ["without a key", { "Sec-WebSocket-Key": undefined }],
    ["with a key that is too short", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZQ==" }],
    ["with a key that is no base64", { "Sec-WebSocket-Key": "******************==*!==" }],
  ])("is an ordinary request: %s", async (_, fields) => {
    const proxy = await start();
    const opening = openWebSocket(proxy.port, "/chat", fields);
    const call = await origin.call();
    expect([call.field("upgrade"), /upgrade/i.test(call.field("connection") ?? "")]).toEqual([null, false]);
    call.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
    const answered = await opening;
    expect([answered.status, answered.field("x-cache")]).toEqual([200, "MISS"]);
    answered.peer.socket.destroy();
  });

  test("that has been through here before is refused", async () => {
    const proxy = await start();
    const answered = await openWebSocket(proxy.port, "/", {
      "CDN-Loop": 'cacheproxy; id="loop-of-this-test"',
    });
    expect(answered.status).toBe(508);
    answered.peer.socket.destroy();
  });
});

describe("the rules of a site", () => {
  test.each<[string, RuleSettings, number]>([
    ["deny", { deny: 403 }, 403],
    ["redirect", { redirect: { to: "/elsewhere", status: 302 } }, 302],
  ])("%s a WebSocket as any other request", async (_, settings, status) => {
    const plan = planOf({ rules: [{ name: "no-chat", if: { path: ["/chat"] }, settings }] });
    const proxy = await start({ plan });
    const answered = await openWebSocket(proxy.port, "/chat");
    expect([answered.status, answered.field("x-cache")]).toEqual([status, "RULE"]);
    answered.peer.socket.destroy();
  });
});

test("a WebSocket is joined on a path of which a page is stored", async () => {
  // The short cut serves it: it knows no body without a type.
  const page = always(200, { "Cache-Control": "max-age=60", "Content-Type": "text/html" }, "page");
  const proxy = await startProxy(page);
  proxies.push(proxy);
  await proxy.get("/");
  expect((await proxy.get("/")).field("x-cache")).toBe("HIT");
  const answered = await openWebSocket(proxy.port, "/");
  expect([answered.status, answered.field("x-cache")]).toEqual([200, "PASS"]);
  expect(proxy.origin.requests.at(-1)?.field("upgrade")).toBe("websocket");
  answered.peer.socket.destroy();
});
