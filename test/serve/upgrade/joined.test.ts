import { describe, expect, test } from "bun:test";
import { acceptOf } from "../../../src/rules/websocket/handshake.ts";
import { frame } from "../../fixtures/frames.ts";
import { openWebSocket, someKey } from "../../fixtures/web-socket-ends.ts";
import { sceneForEachTest } from "./scene.ts";

const scene = sceneForEachTest();

/** A client and the origin that has accepted it. */
async function joined(fields: Record<string, string> = {}, accepted: Record<string, string> = {}) {
  const opening = openWebSocket(scene.proxy.port, "/chat?room=1", fields);
  const call = await scene.origin.call();
  const server = call.accept(accepted);
  const answered = await opening;
  return { call, server, answered, client: answered.peer };
}

describe("a WebSocket", () => {
  test("is joined to the origin, which is told of the client as of every other", async () => {
    const { call, answered } = await joined({
      Cookie: "session=1",
      Origin: "https://shop.test",
      Authorization: "Bearer abc",
      "X-Forwarded-For": "6.6.6.6",
      "X-Own": "a",
    });
    expect(call.head.split("\r\n")[0]).toBe("GET /chat?room=1 HTTP/1.1");
    const seen = ["host", "cookie", "origin", "authorization", "x-own", "x-forwarded-for", "via"].map(
      call.field,
    );
    expect(seen).toEqual([
      new URL(scene.origin.url).host,
      ...["session=1", "https://shop.test", "Bearer abc", "a", "127.0.0.1", "1.1 cacheproxy"],
    ]);
    expect(["x-forwarded-host", "x-forwarded-proto", "cdn-loop"].map(call.field)).toEqual([
      ...["cache.test", "http", 'cacheproxy; id="loop-of-this-test"'],
    ]);
    expect(answered.status).toBe(101);
    expect(answered.field("sec-websocket-accept")).toBe(acceptOf(someKey));
  });

  test.each([
    ["that the origin chooses", "a, b", { "Sec-WebSocket-Protocol": "b" }, "b"],
    ["that it does not choose", "a, b", {}, null],
    ["that nobody names", undefined, {}, null],
  ])("has the subprotocol %s", async (_, offered, accepted, chosen) => {
    const fields = offered === undefined ? {} : { "Sec-WebSocket-Protocol": offered };
    const { call, answered } = await joined(fields, accepted as Record<string, string>);
    expect([call.field("sec-websocket-protocol"), answered.field("sec-websocket-protocol")]).toEqual([
      offered ?? null,
      chosen,
    ]);
  });

  test("passes on what both say, whole and as what it is", async () => {
    const { client, server } = await joined();
    client.send(1, "grüße");
    client.send(2, new Uint8Array([0, 255]));
    client.send(1, "");
    expect([await server.nextWord(), await server.nextWord(), await server.nextWord()]).toEqual([
      ...["text grüße", "binary \x00ÿ", "text"],
    ]);
    server.send(1, "\ufeffπ");
    server.send(2, "bytes");
    server.send(2);
    expect([await client.nextWord(), await client.nextWord(), await client.nextWord()]).toEqual([
      ...["text \ufeffπ", "binary bytes", "binary"],
    ]);
  });

  test("joins the fragments of a message, between which others may speak", async () => {
    const { client, server } = await joined();
    server.send(1, "one ", { isFinal: false });
    server.send(9, "p");
    server.send(0, "two ", { isFinal: false });
    server.send(0, "three");
    expect([await client.nextWord(), await client.nextWord()]).toEqual(["ping p", "text one two three"]);
    client.send(2, "1", { isFinal: false });
    client.send(0, "2");
    expect(await server.nextWord()).toBe("binary 12");
  });

  test("is masked anew with each frame on its way to the origin, and not on its way to the client", async () => {
    const { client, server } = await joined();
    client.send(1, "same");
    client.send(1, "same");
    const [first, second] = [await server.next(), await server.next()];
    expect(first?.mask).not.toBeNull();
    expect(first?.mask?.equals(second?.mask ?? Buffer.alloc(4))).toBe(false);
    server.send(1, "back");
    expect((await client.next())?.mask).toBeNull();
  });

  test("has what the origin says together with its answer", async () => {
    const opening = openWebSocket(scene.proxy.port, "/");
    const call = await scene.origin.call();
    call.accept({}, Buffer.concat([frame(1, "hello"), frame(1, "again")]));
    const { peer } = await opening;
    expect([await peer.nextWord(), await peer.nextWord()]).toEqual(["text hello", "text again"]);
  });

  test("carries pings and pongs of both", async () => {
    const { client, server } = await joined();
    server.send(9, "are you there");
    expect(await client.nextWord()).toBe("ping are you there");
    client.send(10, "are you there");
    expect(await server.nextWord()).toBe("pong are you there");
    server.send(10, "alive");
    expect(await client.nextWord()).toBe("pong alive");
  });

  test("answers a client's ping once, and lets the origin know of it", async () => {
    const { client, server } = await joined();
    client.send(9, "x");
    expect(await client.nextWord()).toBe("pong x");
    expect(await server.nextWord()).toBe("ping x");
    server.send(10, "x");
    server.send(1, "next");
    expect(await client.nextWord()).toBe("text next");
  });

  const large = Buffer.alloc(16 * 1024 * 1024, "0123456789abcdef");
  test.each([
    ["text", 1],
    ["binary", 2],
  ])("carries 16 MB as %s, both ways", async (_, opcode) => {
    const { client, server } = await joined();
    client.send(opcode, large);
    expect((await server.next())?.payload.equals(large)).toBe(true);
    for (let at = 0; at < 16; at++) {
      server.send(at === 0 ? opcode : 0, large.subarray(at << 20, (at + 1) << 20), { isFinal: at === 15 });
    }
    const got = await client.next();
    expect([got?.opcode, got?.payload.equals(large)]).toEqual([opcode, true]);
  });

  test.each([
    [4000, "bye", "close 4000 bye"],
    [1000, "", "close 1000"],
    [1001, "ünder way", "close 1001 ünder way"],
    [3000, "x".repeat(123), `close 3000 ${"x".repeat(123)}`],
  ])("closes with %d %s, whoever says so", async (code, reason, word) => {
    const one = await joined();
    one.client.close(code, reason);
    expect(await one.server.nextWord()).toBe(word);
    const other = await joined();
    other.server.close(code, reason);
    expect(await other.client.nextWord()).toBe(word);
    // The one who has said it has its answer.
    expect(await other.server.nextWord()).toBe(word);
  });

  test("closes without a code where none was said", async () => {
    const one = await joined();
    one.client.send(8);
    expect([await one.server.nextWord(), await one.client.nextWord()]).toEqual(["close", "close"]);
    const other = await joined();
    other.server.send(8);
    expect([await other.client.nextWord(), await other.server.nextWord()]).toEqual(["close", "close"]);
  });

  test("ends without a Close frame where the other side has", async () => {
    const one = await joined();
    one.client.send(1, "last words");
    one.client.socket.destroySoon();
    expect([await one.server.nextWord(), await one.server.nextWord()]).toEqual(["text last words", "ended"]);
    const other = await joined();
    other.server.send(1, "last words");
    other.server.socket.destroySoon();
    expect([await other.client.nextWord(), await other.client.nextWord()]).toEqual([
      "text last words",
      "ended",
    ]);
  });
});
