import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type RunningProxy, startProxy } from "./harness.ts";
import {
  type EndName,
  type Pair,
  startWebSocketPeer,
  type Told,
  type WebSocketPeer,
} from "./web-socket-peer.ts";

let peer: WebSocketPeer;
let proxy: RunningProxy;
beforeAll(async () => {
  peer = await startWebSocketPeer();
  proxy = await startProxy(peer.url);
});
afterAll(async () => {
  await proxy.stop();
  await peer.stop();
});

const most = 16 * 1024 * 1024;

interface Asked {
  readonly path?: "/plain" | "/deflate";
  readonly isCompressing?: boolean;
  readonly protocols?: readonly string[];
}

/** A WebSocket between both ends of the other implementation, through the proxy; and what both say of its beginning. */
async function begin({ path = "/plain", ...asked }: Asked = {}): Promise<{ pair: Pair; opened: string[] }> {
  const pair = peer.open(`ws://127.0.0.1:${proxy.port}${path}`, asked);
  const opened = [...(await pair.heard("client", 1)), ...(await pair.heard("server", 1))];
  return { pair, opened };
}

const ways: [name: string, Asked, isCompressed: boolean][] = [
  ["neither side compresses", { path: "/plain", isCompressing: false }, false],
  ["the client would compress", { path: "/plain", isCompressing: true }, false],
  ["the origin would compress", { path: "/deflate", isCompressing: false }, false],
  ["both sides compress", { path: "/deflate", isCompressing: true }, true],
];
const directions: [from: EndName, to: EndName][] = [
  ["client", "server"],
  ["server", "client"],
];

describe.each(ways)("where %s, clients and origins of the package ws", (_, asked, isCompressed) => {
  test("agree on what both can", async () => {
    const { opened } = await begin(asked);
    const word = `open - ${isCompressed ? "compressed" : "plain"}`;
    expect(opened).toEqual([word, word]);
  });

  const euro = "€".repeat(60);
  const messages: [name: string, sent: Told[], heard: string[]][] = [
    ["an empty text and an empty binary", [{ text: "" }, { binary: "" }], ["text", "binary"]],
    ["a text", [{ text: euro }], [`text ${euro}`]],
    ["a binary", [{ binary: "\x01\x02\x7f" }], ["binary \x01\x02\x7f"]],
    ["a text of 16 MB", [{ text: "é", times: most / 2 }], [`text ${digestOf("é".repeat(most / 2))}`]],
    ["a binary of 16 MB", [{ binary: "ab", times: most / 2 }], [`binary ${digestOf("ab".repeat(most / 2))}`]],
    [
      "fragments with control frames between them",
      [{ text: "a", isPart: true }, { ping: "1" }, { text: "b", isPart: true }, { pong: "2" }, { text: "c" }],
      ["ping 1", "pong 2", "text abc"],
    ],
    [
      "many, one right after the other, in their order",
      Array.from({ length: 100 }, (_, number) => ({ text: `${number}`, times: 50 })),
      Array.from({ length: 100 }, (_, number) => `text ${`${number}`.repeat(50)}`),
    ],
  ];

  describe.each(directions)("from %s to %s,", (from, to) => {
    test.each(messages)("exchange %s", async (_, sent, heard) => {
      const { pair } = await begin(asked);
      pair.tell(from, ...sent);
      expect(await pair.heard(to, heard.length)).toEqual(heard);
    });
  });
});

describe.each(directions)("from %s to %s,", (from, to) => {
  test("a ping comes through and is answered once", async () => {
    const { pair } = await begin();
    pair.tell(from, { ping: "there?" }, { text: "next" });
    expect(await pair.heard(to, 2)).toEqual(["ping there?", "text next"]);
    expect(await pair.heard(from, 1)).toEqual(["pong there?"]);
    // What follows the answer is not a second one.
    pair.tell(to, { text: "all" });
    expect(await pair.heard(from, 1)).toEqual(["text all"]);
  });

  const longest = `${"r".repeat(121)}é`;
  const goodbyes: [close: [code?: number, reason?: string], word: string][] = [
    ...[1000, 1001, 1003, 1008, 1011, 3000, 4999].map((code): [[number, string], string] => [
      [code, "bye"],
      `close ${code} bye`,
    ]),
    [[1000], "close 1000"],
    [[], "close 1005"],
    [[4000, longest], `close 4000 ${longest}`],
  ];
  test.each(goodbyes)(
    "a goodbye %j is heard as it was said, and answered with itself",
    async (close, word) => {
      const { pair } = await begin();
      pair.tell(from, { text: "last" }, { close });
      expect(await pair.heard(to, 2)).toEqual(["text last", word]);
      expect(await pair.heard(from, 1)).toEqual([word]);
    },
  );
});

test("the origin chooses the subprotocol", async () => {
  const { opened } = await begin({ protocols: ["first", "second"] });
  expect(opened).toEqual(["open second plain", "open second plain"]);
});

test("the origin's refusal is the client's answer", async () => {
  const pair = peer.open(`ws://127.0.0.1:${proxy.port}/elsewhere`);
  expect(await pair.heard("client", 1)).toEqual(["refused 401 Basic name"]);
});

function digestOf(text: string): string {
  return `${Buffer.byteLength(text)} ${createHash("sha256").update(text).digest("hex")}`;
}
