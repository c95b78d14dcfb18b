import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { createFrameReader, encodeFrame } from "../../src/control/frames.ts";
import {
  encodeBatch,
  encodeMessage,
  type FromKeeperSocket,
  fromKeeperSocketSchema,
} from "../../src/control/keeper-wire.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { bytesOf } from "../store/samples.ts";
import { batchOf, keysIn, newRow } from "./batches.ts";
import { serveKeeper, type ServedKeeper } from "./served.ts";

const directory = directoryForEachTest();
const opened: ServedKeeper[] = [];
const callers: Caller[] = [];
afterEach(async () => {
  for (const { socket } of callers.splice(0)) socket.terminate();
  for (const keeper of opened.splice(0)) await keeper.leave();
});

function serve(isThere = true): ServedKeeper {
  const keeper = serveKeeper(directory.path, isThere ? directory.keep() : undefined);
  opened.push(keeper);
  return keeper;
}

/** One who says whatever bytes the test wants. */
interface Caller {
  readonly socket: Bun.Socket;
  /** The next message of the keeper's. */
  next(): Promise<FromKeeperSocket>;
  readonly ended: Promise<void>;
}

async function call(path: string): Promise<Caller> {
  const heard: FromKeeperSocket[] = [];
  const waiting: ((message: FromKeeperSocket) => void)[] = [];
  const ended = Promise.withResolvers<void>();
  const frames = createFrameReader();
  const socket = await Bun.connect({
    unix: path,
    socket: {
      data(_, chunk) {
        for (const { head } of frames(chunk)) {
          const message = fromKeeperSocketSchema.parse(JSON.parse(head));
          const wanted = waiting.shift();
          if (wanted === undefined) heard.push(message);
          else wanted(message);
        }
      },
      close: () => ended.resolve(),
    },
  });
  const caller: Caller = {
    socket,
    ended: ended.promise,
    next() {
      const first = heard.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
  callers.push(caller);
  return caller;
}

/** Resolves when the keeper has done what came before: it answers in order. */
async function answered({ socket, next }: Caller): Promise<void> {
  socket.write(encodeMessage({ kind: "grant", request: 999, space: { bytes: 0, files: 0 } }));
  for (;;) {
    const message = await next();
    if (message.kind === "granted" && message.request === 999) return;
  }
}

const grant = (request: number) =>
  encodeMessage({ kind: "grant", request, space: { bytes: 4096, files: 1 } });

test("who comes hears that there is an index, where there is one, and each time that another is there", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  expect(await caller.next()).toEqual({ kind: "there", household: 1 });
  keeper.announce();
  expect(await caller.next()).toEqual({ kind: "there", household: 1 });
});

test("who comes while there is none hears of it when there is one; what is asked until then is refused", async () => {
  const keeper = serve(false);
  const caller = await call(keeper.path);
  caller.socket.write(grant(1));
  expect(await caller.next()).toMatchObject({ kind: "refused", request: 1, code: "INDEX_ABSENT" });
  keeper.index = directory.keep();
  keeper.announce();
  expect(await caller.next()).toEqual({ kind: "there", household: 1 });
});

test("nobody but its owner reaches the socket", () => {
  expect(statSync(serve().path).mode & 0o777).toBe(0o600);
});

test("a frame that comes a few bytes at a time is one, and several that come together are several", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  await caller.next();
  const batch = encodeBatch(1, batchOf([newRow({ primaryKey: "a" })]));
  for (let at = 0; at < batch.byteLength; at += 97) {
    caller.socket.write(batch.subarray(at, at + 97));
    caller.socket.flush();
    await new Promise(setImmediate);
  }
  expect(await caller.next()).toMatchObject({ kind: "committed", request: 1 });
  caller.socket.write(Buffer.concat([grant(2), grant(3), grant(4)]));
  for (const request of [2, 3, 4]) {
    expect(await caller.next()).toEqual({ kind: "granted", request, isGranted: true });
  }
});

test("a batch with bodies of 64 KB is entered with every byte", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  const rows = Array.from({ length: 20 }, (_, i) =>
    newRow({ primaryKey: `k${i}`, body: bytesOf(65_536 - (i % 3), i) }),
  );
  const bytes = encodeBatch(1, batchOf(rows));
  // What the socket does not take at once goes when it takes more.
  for (let at = 0; at < bytes.byteLength; ) {
    at += Math.max(0, caller.socket.write(bytes.subarray(at)));
    await new Promise(setImmediate);
  }
  await caller.next();
  expect(await caller.next()).toMatchObject({ kind: "committed" });
  const stored = directory.keep().rowsAfter(0, 100);
  expect(stored.map(({ body }) => Bun.hash(body ?? ""))).toEqual(
    rows.map(({ body }) => Bun.hash(body ?? "")),
  );
});

describe("what is no message ends that connection, and no other", () => {
  const swapped = encodeBatch(1, batchOf([newRow({ primaryKey: "a" })]));
  test.each([
    ["another protocol", new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
    ["a frame that is no JSON", encodeFrame("no JSON")],
    ["a message that nobody knows", encodeFrame('{"kind":"format"}')],
    ["a batch whose columns are not ours", encodeFrame('{"kind":"commit","request":1,"inserts":[[1]]}')],
    ["a huge length", new Uint8Array([255, 255, 255, 255, 1, 0, 0, 0])],
  ])("%s", async (_, garbage) => {
    const keeper = serve();
    const [bad, good] = [await call(keeper.path), await call(keeper.path)];
    await Promise.all([bad.next(), good.next()]);
    bad.socket.write(garbage);
    // It is not listened to any more, whatever follows.
    bad.socket.write(swapped);
    await bad.ended;
    await answered(good);
    expect(keeper.troubles).toEqual(["CONTROL_MESSAGE"]);
    expect(keysIn(directory.keep())).toEqual([]);
    expect(keeper.visits).toEqual(["came", "came", "left"]);
  });
});

test("what stood before the garbage, in the same piece, is done", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  const batch = encodeBatch(1, batchOf([newRow({ primaryKey: "a" })]));
  caller.socket.write(Buffer.concat([batch, encodeFrame("no JSON")]));
  await caller.ended;
  await answered(await call(keeper.path));
  expect(keysIn(directory.keep())).toEqual(["a"]);
});

test("a batch whose bodies are too short is refused, and the connection goes on", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  await caller.next();
  const whole = encodeBatch(1, batchOf([newRow({ primaryKey: "a" })]));
  const [frame] = createFrameReader()(whole);
  caller.socket.write(encodeFrame(frame?.head ?? "", [bytesOf(99)]));
  expect(await caller.next()).toMatchObject({ kind: "refused", request: 1 });
  await answered(caller);
  expect(keysIn(directory.keep())).toEqual([]);
});

test("half a batch of who is gone changes nothing", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  await caller.next();
  const batch = encodeBatch(1, batchOf([newRow({ primaryKey: "a" })]));
  caller.socket.write(batch.subarray(0, batch.byteLength - 1));
  await answered(await call(keeper.path));
  caller.socket.terminate();
  const other = await call(keeper.path);
  await answered(other);
  expect(keysIn(directory.keep())).toEqual([]);
  expect(keeper.troubles).toEqual([]);
});

describe("who leaves", () => {
  test("gives back all that it was granted, and is told of as lost", async () => {
    const keeper = serve();
    const [one, other] = [await call(keeper.path), await call(keeper.path)];
    one.socket.write(grant(1));
    other.socket.write(grant(1));
    await answered(one);
    await answered(other);
    expect(directory.keep().futureSpace()).toEqual({ bytes: 8192, files: 2 });
    one.socket.terminate();
    while (keeper.visits.length < 3) await answered(other);
    expect(keeper.visits).toEqual(["came", "came", "left"]);
    expect(directory.keep().futureSpace()).toEqual({ bytes: 4096, files: 1 });
  });

  test("with a word has left in order", async () => {
    const keeper = serve();
    const [one, other] = [await call(keeper.path), await call(keeper.path)];
    one.socket.write(encodeMessage({ kind: "bye" }));
    one.socket.end();
    while (keeper.visits.length < 3) await answered(other);
    expect(keeper.visits.at(-1)).toBe("left in order");
  });
});

test("a suspicion is passed on", async () => {
  const keeper = serve();
  const caller = await call(keeper.path);
  caller.socket.write(encodeMessage({ kind: "suspect" }));
  await answered(caller);
  expect(keeper.visits).toEqual(["came", "suspicion"]);
});

test("a socket that a killed keeper has left is taken over, and none stays when it stops", async () => {
  const first = serve();
  // As if it had been killed: the file stays.
  const second = serve();
  await answered(await call(second.path));
  await second.leave();
  expect(existsSync(first.path)).toBe(false);
});

test("who has spoken garbage is not listened to, though it stays on the line", async () => {
  const keeper = serve();
  const ended = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: keeper.path,
    allowHalfOpen: true,
    socket: { data: () => undefined, end: () => undefined, close: () => ended.resolve() },
  });
  socket.write(encodeFrame("no JSON"));
  await ended.promise;
  const good = await call(keeper.path);
  await answered(good);
  expect(keeper.visits).toEqual(["came", "left", "came"]);
});
