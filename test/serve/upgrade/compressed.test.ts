import { describe, expect, test } from "bun:test";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { openWebSocket } from "../../fixtures/web-socket-ends.ts";
import { sceneForEachTest } from "./scene.ts";

const scene = sceneForEachTest();

const own = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
const ofBrowsers = "permessage-deflate; client_max_window_bits";
const compressed = { bits: 0x40 };

async function joined(offered: string | undefined, agreed: string | null) {
  const opening = openWebSocket(scene.proxy.port, "/", { "Sec-WebSocket-Extensions": offered });
  const call = await scene.origin.call();
  const server = call.accept(agreed === null ? {} : { "Sec-WebSocket-Extensions": agreed });
  const { field, peer, status } = await opening;
  const [toOrigin, toClient] = [call.field("sec-websocket-extensions"), field("sec-websocket-extensions")];
  return { server, client: peer, status, toOrigin, toClient };
}

function deflated(text: string): Buffer {
  return deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function inflated(bytes: Uint8Array = Buffer.alloc(0)): string {
  return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

describe("compression", () => {
  test.each<[string, string | undefined, string | null, (string | null)[]]>([
    ["that both want is agreed on", ofBrowsers, own, [own, "permessage-deflate"]],
    ["that the client does not offer is not offered", undefined, null, [null, null]],
    ["that the origin does not want is not agreed on", ofBrowsers, null, [own, null]],
    ["of another kind is not offered", "x-webkit-deflate-frame", null, [null, null]],
  ])("%s", async (_, offered, agreed, expected) => {
    const { toOrigin, toClient } = await joined(offered, agreed);
    expect([toOrigin, toClient?.split(";")[0] ?? null]).toEqual(expected);
  });

  test.each([
    ["with a memory of messages before", "permessage-deflate"],
    ["with a smaller window of ours, which was not offered", `${own}; client_max_window_bits=9`],
  ])("is no answer %s", async (_, agreed) => {
    expect((await joined(ofBrowsers, agreed)).status).toBe(502);
  });

  const words = "again and again ".repeat(100);
  test("is what it was with each message of the origin", async () => {
    const { server, client } = await joined(ofBrowsers, own);
    server.send(1, deflated(words), compressed);
    server.send(1, words);
    server.send(1, deflated(words), compressed);
    const [first, plain, last] = [await client.next(), await client.next(), await client.next()];
    expect([first?.bits, inflated(first?.payload)]).toEqual([0x40, words]);
    expect([plain?.bits, `${plain?.payload}`]).toEqual([0, words]);
    expect([last?.bits, inflated(last?.payload)]).toEqual([0x40, words]);
  });

  test("of a client's message is undone, for the origin is near", async () => {
    const { server, client } = await joined(ofBrowsers, own);
    client.send(1, deflated(words), compressed);
    client.send(1, deflated(""), compressed);
    const got = await server.next();
    expect([got?.bits, `${got?.payload}`]).toEqual([0, words]);
    expect(await server.nextWord()).toBe("text");
  });

  test("of nothing is nothing", async () => {
    const { server, client } = await joined(ofBrowsers, own);
    server.send(1, deflated(""), compressed);
    expect(inflated((await client.next())?.payload)).toBe("");
  });

  test.each([
    ["becomes too large", deflated("a".repeat(17 * 1024 * 1024)), 1009],
    ["is none", Buffer.from("nothing of the kind"), 1007],
  ])("that %s ends the connection", async (_, bytes, code) => {
    const { server, client } = await joined(ofBrowsers, own);
    server.send(2, bytes, compressed);
    expect([await server.nextWord(), await client.nextWord()]).toEqual([`close ${code}`, "ended"]);
  });
});
