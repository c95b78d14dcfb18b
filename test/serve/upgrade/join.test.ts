import { describe, expect, test } from "bun:test";
import type { Heard, Side } from "../../../src/origin/websocket/side.ts";
import { join } from "../../../src/serve/upgrade/join.ts";
import { createWebSockets } from "../../../src/serve/upgrade/web-sockets.ts";
import { createHandDeadlines } from "../../fixtures/hand-deadlines.ts";

const full = 1024 * 1024 + 1;

/** A side that writes down what is said to it, and for which as much waits as the test says. */
function fakeSide() {
  const said: string[] = [];
  const side = {
    said,
    isHeld: Boolean(false),
    waiting: 0,
    send: (message) => void said.push(String(message)),
    ping: () => void said.push("ping"),
    pong: () => void said.push("pong"),
    close: (code, reason) => void said.push(`close ${code} ${reason}`.trim()),
    cut: () => void said.push("cut"),
    pause() {
      side.isHeld = true;
    },
    resume() {
      side.isHeld = false;
    },
  } satisfies Side & { said: string[]; isHeld: boolean };
  return side;
}

function begin() {
  const client = fakeSide();
  const origin = fakeSide();
  const idle = createHandDeadlines();
  const closing = createHandDeadlines();
  const ended: unknown[] = [];
  let heardOfOrigin: Heard | undefined;
  const awaiting = {
    mayCompress: false,
    begin(heard: Heard) {
      heardOfOrigin = heard;
      return origin;
    },
    cut: () => undefined,
  };
  const made = join(client, awaiting, { idle, closing, onEnd: (passed) => ended.push({ ...passed }) });
  if (heardOfOrigin === undefined) throw new Error("nobody listens to the origin");
  return { client, origin, idle, closing, ended, made, ofClient: made.client, ofOrigin: heardOfOrigin };
}

const payload = new Uint8Array();

describe("a side that does not take what it is sent", () => {
  test("has the origin wait, and not the client", () => {
    const { client, origin, ofClient, ofOrigin } = begin();
    client.waiting = full;
    ofOrigin.message("much", false);
    expect([origin.isHeld, client.isHeld]).toEqual([true, false]);
    ofClient.message("still heard", false);
    expect(origin.said).toEqual(["still heard"]);
    ofClient.drained();
    expect(origin.isHeld).toBe(true);
    client.waiting = 10;
    ofClient.drained();
    expect(origin.isHeld).toBe(false);
  });

  test("has the client wait, and not the origin", () => {
    const { client, origin, ofClient, ofOrigin } = begin();
    origin.waiting = full;
    ofClient.message("much", false);
    expect([origin.isHeld, client.isHeld]).toEqual([false, true]);
    origin.waiting = 0;
    ofOrigin.drained();
    expect(client.isHeld).toBe(false);
  });

  test("waits itself where it pings: each ping adds an answer to what waits for it", () => {
    const { client, ofClient } = begin();
    client.waiting = full;
    ofClient.ping(payload);
    expect(client.isHeld).toBe(true);
    client.waiting = 0;
    ofClient.drained();
    expect(client.isHeld).toBe(false);
  });

  test("is heard again when it is told to go, so that its answer is known", () => {
    const { client, origin, ofClient, ofOrigin } = begin();
    origin.waiting = full;
    ofClient.message("much", false);
    ofOrigin.closed(1000, "");
    expect([client.isHeld, client.said]).toEqual([false, ["close 1000"]]);
  });

  test("is cut off when it does not close in time", () => {
    const { origin, ofClient, closing } = begin();
    ofClient.closed(4000, "bye");
    expect(origin.said).toEqual(["close 4000 bye"]);
    closing.pass();
    expect(origin.said).toEqual(["close 4000 bye", "cut"]);
  });

  test("has its whole time again with each part that it takes, until it has gone", () => {
    const { client, ofClient, ofOrigin, closing } = begin();
    client.waiting = full;
    ofOrigin.closed(1000, "");
    const deadlines: unknown[] = [];
    const ended: unknown[] = [];
    const { begin: first, end } = closing;
    closing.begin = (onPassed) => {
      const deadline = first(onPassed);
      deadlines.push(deadline);
      return deadline;
    };
    closing.end = (deadline) => {
      ended.push(deadline);
      end(deadline);
    };
    ofClient.drained();
    expect([deadlines.length, ended.length]).toEqual([1, 1]);
    ofClient.closed(1000, "");
    ofClient.drained();
    expect([deadlines.length, ended.length]).toEqual([1, 2]);
    closing.pass();
    expect(client.said).toEqual(["close 1000"]);
  });

  test("is not cut off when it has closed", () => {
    const { origin, ofClient, ofOrigin, closing } = begin();
    ofClient.closed(4000, "bye");
    ofOrigin.closed(4000, "bye");
    closing.pass();
    expect(origin.said).toEqual(["close 4000 bye"]);
  });
});

describe("a WebSocket on which nothing passes", () => {
  test("is closed on both sides", () => {
    const { client, origin, idle, ended } = begin();
    idle.pass();
    const goodbye = ["close 1001 nothing has passed for too long"];
    expect([client.said, origin.said, ended]).toEqual([goodbye, goodbye, [{ fromClient: 0, toClient: 0 }]]);
  });

  test.each<[string, (sides: ReturnType<typeof begin>) => void]>([
    ["a message of the client", ({ ofClient }) => ofClient.message("", false)],
    ["a message of the origin", ({ ofOrigin }) => ofOrigin.message("", false)],
    ["a ping", ({ ofOrigin }) => ofOrigin.ping(payload)],
    ["a pong", ({ ofClient }) => ofClient.pong(payload)],
    ["what a slow client takes", ({ ofClient }) => ofClient.drained()],
    ["what a slow origin takes", ({ ofOrigin }) => ofOrigin.drained()],
  ])("has its whole time again after %s", (_, pass) => {
    const sides = begin();
    const deadlines: unknown[] = [];
    const { begin: first } = sides.idle;
    sides.idle.begin = (onPassed) => {
      const deadline = first(onPassed);
      deadlines.push(deadline);
      return deadline;
    };
    pass(sides);
    expect(deadlines).toHaveLength(1);
    sides.idle.pass();
    // Of the one before nothing is left.
    expect(sides.ended).toHaveLength(1);
  });

  test("has no limit any more once it has ended", () => {
    const { client, ofClient, ofOrigin, idle } = begin();
    ofClient.closed(1000, "");
    ofOrigin.message("late", false);
    idle.pass();
    expect(client.said).toEqual([]);
  });
});

test("bytes are counted each way, as they are on the wire", () => {
  const { ofClient, ofOrigin, ended } = begin();
  ofClient.message("π", false);
  ofClient.message(new Uint8Array(10), false);
  ofOrigin.message("abc", false);
  ofOrigin.closed(1000, "");
  expect(ended).toEqual([{ fromClient: 12, toClient: 3 }]);
});

describe("a process that leaves", () => {
  test("tells both sides to go", () => {
    const { client, origin, made, ended } = begin();
    made.leave();
    made.leave();
    expect([client.said, origin.said, ended.length]).toEqual([
      ...[["close 1001 going away"], ["close 1001 going away"], 1],
    ]);
  });

  test("counts who is there, and sends away who comes then", () => {
    const totals: unknown[] = [];
    const sockets = createWebSockets({
      idle: () => null,
      closing: createHandDeadlines(),
      onJoined: () => totals.push("joined"),
      onPassed: (passed) => totals.push({ ...passed }),
    });
    const open = () => {
      const client = fakeSide();
      sockets.join(
        client,
        { mayCompress: false, begin: () => fakeSide(), cut: () => undefined },
        () => undefined,
      );
      return client;
    };
    const clients = [open(), open()];
    expect(sockets.joined).toBe(2);
    sockets.leave();
    clients.push(open());
    expect([sockets.joined, totals.filter((each) => each === "joined").length]).toEqual([0, 3]);
    expect(clients.map(({ said }) => said)).toEqual([1, 2, 3].map(() => ["close 1001 going away"]));
  });
});
