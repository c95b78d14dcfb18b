import { describe, expect, test } from "bun:test";
import { mostOfMessage } from "../../../src/rules/websocket/frame-reader.ts";
import { closing, frame } from "../../fixtures/frames.ts";
import { openWebSocket } from "../../fixtures/web-socket-ends.ts";
import { sceneForEachTest } from "./scene.ts";

const scene = sceneForEachTest();

type Sent = (isMasked: boolean) => Buffer;

/** A Close frame that bears these bytes. */
function close(bytes: Buffer): Sent {
  return (isMasked) => frame(8, bytes, { isMasked });
}

const breaches: [name: string, code: number, Sent][] = [
  [
    "a frame that is masked as the other side's are",
    1002,
    (isMasked) => frame(1, "a", { isMasked: !isMasked }),
  ],
  ["the first reserved bit", 1002, (isMasked) => frame(1, "a", { isMasked, bits: 0x40 })],
  ["the second reserved bit", 1002, (isMasked) => frame(1, "a", { isMasked, bits: 0x20 })],
  ["the third reserved bit, of a ping", 1002, (isMasked) => frame(9, "a", { isMasked, bits: 0x10 })],
  ["a text that is not UTF-8", 1007, (isMasked) => frame(1, Buffer.from([0xed, 0xa0, 0x80]), { isMasked })],
  ...[999, 1005, 1006, 1015, 5000].map((code): [string, number, Sent] => [
    `the code ${code}, which is never sent`,
    1002,
    close(closing(code)),
  ]),
  ["a Close of one byte", 1002, close(Buffer.of(3))],
  ["a reason that is not UTF-8", 1007, close(Buffer.concat([closing(1000), Buffer.of(0xff)]))],
  ["a control frame of 126 bytes", 1002, (isMasked) => frame(9, Buffer.alloc(126), { isMasked })],
  ["a control frame in fragments", 1002, (isMasked) => frame(9, "a", { isMasked, isFinal: false })],
  ["a kind of control frame that there is not", 1002, (isMasked) => frame(11, "a", { isMasked })],
  ["a fragment that continues nothing", 1002, (isMasked) => frame(0, "a", { isMasked })],
  [
    "a message within another one",
    1002,
    (isMasked) => Buffer.concat([frame(1, "a", { isMasked, isFinal: false }), frame(1, "b", { isMasked })]),
  ],
  [
    "one byte more than a message may have",
    1009,
    (isMasked) => frame(2, Buffer.alloc(mostOfMessage + 1), { isMasked }),
  ],
];

describe.each(["client", "server"] as const)("a %s that breaks the protocol", (side) => {
  test.each(breaches)(
    "by %s is told so with %d, and the other side's connection ends",
    async (_, code, sent) => {
      const opening = openWebSocket(scene.proxy.port, "/");
      const server = (await scene.origin.call()).accept();
      const ends = { server, client: (await opening).peer };
      ends[side].sendBytes(sent(side === "client"));
      expect(await ends[side].nextWord()).toStartWith(`close ${code}`);
      expect(await ends[side].nextWord()).toBe("ended");
      expect(await ends[side === "client" ? "server" : "client"].nextWord()).toBe("ended");
    },
  );
});
