import { describe, expect, test } from "bun:test";
import type { Heard, Side } from "../../src/origin/websocket/side.ts";
import { type ClientSocket, webSocketHandlers } from "../../src/worker/client-side.ts";

/** A socket of Bun's server that writes down what it is told, and for which as much waits as the test says. */
function open(waiting: number) {
  const told: string[] = [];
  const client = { waiting, side: undefined as Side | undefined };
  const heard = { drained: () => void told.push("drained") } as unknown as Heard;
  const data: ClientSocket = {
    onOpen(side) {
      client.side = side;
      return heard;
    },
  };
  const socket = {
    data,
    getBufferedAmount: () => client.waiting,
    close: (code: number, reason: string) => void told.push(`close ${code} ${reason}`),
    terminate: () => void told.push("terminate"),
  } as unknown as Bun.ServerWebSocket<ClientSocket>;
  webSocketHandlers.open?.(socket);
  const take = (left: number) => {
    client.waiting = left;
    webSocketHandlers.drain?.(socket);
  };
  return { told, take, close: (code: number, reason: string) => client.side?.close(code, reason) };
}

describe("a client that is told to go", () => {
  test.each([
    [4000, "bye", "close 4000 bye"],
    [1006, "", "terminate"],
  ])("with %d %s goes at once where nothing waits for it", (code, reason, word) => {
    const { told, close } = open(0);
    close(code, reason);
    expect(told).toEqual([word]);
  });

  test.each([
    [4000, "bye", "close 4000 bye"],
    [1006, "", "terminate"],
  ])("with %d %s takes first what was said before", (code, reason, word) => {
    const { told, take, close } = open(100);
    close(code, reason);
    take(1);
    expect(told).toEqual(["drained"]);
    take(0);
    expect(told).toEqual(["drained", "drained", word]);
  });
});
