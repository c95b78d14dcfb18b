import { afterEach, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { createFrameReader, encodeFrame } from "../../src/control/frames.ts";
import { keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { encodeMessage } from "../../src/control/keeper-wire.ts";
import { type After, systemAfter } from "../../src/store/after.ts";
import { type KeeperLink, openKeeperLink } from "../../src/worker/keeper-link.ts";
import { batchOf, keysIn, newRow } from "../keeper/batches.ts";
import { type ServedKeeper, serveKeeper } from "../keeper/served.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { bytesOf, collectTrouble } from "../store/samples.ts";

const patience = 1_000;
const directory = directoryForEachTest();
const links: KeeperLink[] = [];
const keepers: ServedKeeper[] = [];
const servers: Bun.UnixSocketListener<undefined>[] = [];
afterEach(async () => {
  for (const link of links.splice(0)) link.close();
  for (const keeper of keepers.splice(0)) await keeper.leave();
  for (const server of servers.splice(0)) server.stop(true);
});

function serve(isThere = true): ServedKeeper {
  const keeper = serveKeeper(directory.path, isThere ? directory.keep() : undefined);
  keepers.push(keeper);
  return keeper;
}

/** A link whose patience ends when the test says so; it is connected anew at once. */
function open() {
  const { codes, onTrouble } = collectTrouble();
  const limits = new Set<() => void>();
  const after: After = (milliseconds, run) => {
    if (milliseconds < patience) {
      const timer = setTimeout(run, 1);
      return () => clearTimeout(timer);
    }
    limits.add(run);
    return () => limits.delete(run);
  };
  const link = openKeeperLink({ path: keeperSocketPath(directory.path), after, onTrouble, patience });
  links.push(link);
  /** Resolves the next time that the keeper says that it is there. */
  const there = () =>
    new Promise<void>((resolve) => {
      const ignore = link.onThere(() => {
        ignore();
        resolve();
      });
    });
  return { link, troubles: codes, limits, there };
}

/** A keeper that says that it is there, and then only what the test has it say. */
function serveSilent() {
  const sockets: Bun.Socket<undefined>[] = [];
  const heard: { kind: string; request: number }[] = [];
  const frames = createFrameReader();
  const server = Bun.listen<undefined>({
    unix: keeperSocketPath(directory.path),
    socket: {
      open(socket) {
        sockets.push(socket);
        socket.write(encodeMessage({ kind: "there", household: 1 }));
      },
      data(_, chunk) {
        for (const { head } of frames(chunk)) heard.push(JSON.parse(head));
      },
    },
  });
  servers.push(server);
  const asked = async (count: number) => {
    while (heard.length < count) await new Promise(setImmediate);
  };
  return { sockets, heard, asked };
}

const small = { bytes: 4096, files: 1 };

describe("to a keeper that is there", () => {
  test("what several workers hand over and ask arrives, and each has its own answer", async () => {
    serve();
    const [one, other] = [open(), open()];
    await Promise.all([one.link.reached(5_000), other.link.reached(5_000)]);
    const answers = await Promise.all([
      one.link.commit(batchOf([newRow({ primaryKey: "a" })])),
      other.link.commit(batchOf([newRow({ primaryKey: "b" })])),
      one.link.grant(small),
      other.link.grant({ bytes: 8192, files: 2 }),
    ]);
    expect(answers.slice(2)).toEqual([true, true]);
    expect(keysIn(directory.keep()).sort()).toEqual(["a", "b"]);
    const { removed, number } = await one.link.remove([{ by: "all" }]);
    expect([removed, number]).toEqual([2, directory.keep().lastRemoval()]);
    other.link.giveBack({ bytes: 8192, files: 2 });
    expect(await other.link.changePieces({ change: "weigh", id: "x" })).toBeUndefined();
    expect(directory.keep().futureSpace()).toEqual(small);
  });

  test("some megabytes of bodies arrive whole, with what is asked behind them", async () => {
    serve();
    const { link } = open();
    await link.reached(5_000);
    const rows = Array.from({ length: 64 }, (_, i) =>
      newRow({ primaryKey: `k${i}`, body: bytesOf(65_536, i) }),
    );
    const [committed] = await Promise.all([link.commit(batchOf(rows)), link.grant(small)]);
    expect(committed.overtaken).toEqual([]);
    const stored = directory.keep().rowsAfter(0, 100);
    expect(stored.map(({ body }) => Bun.hash(body ?? ""))).toEqual(
      rows.map(({ body }) => Bun.hash(body ?? "")),
    );
  });

  test("a refusal has the keeper's code", async () => {
    const keeper = serve();
    const { link } = open();
    await link.reached(5_000);
    keeper.index = undefined;
    const code = "INDEX_ABSENT";
    await expect(link.commit(batchOf([newRow()]))).rejects.toMatchObject({ name: "StoreError", code });
    await expect(link.remove([{ by: "all" }])).rejects.toMatchObject({ code });
  });

  test("that has no index yet it is not there, and it is when one was opened, and again when another is", async () => {
    const keeper = serve(false);
    const { link, there, limits } = open();
    const reached = link.reached(patience);
    while (keeper.visits.length === 0) await new Promise(setImmediate);
    expect(link.isThere).toBe(false);
    for (const run of limits) run();
    await reached;
    expect(link.isThere).toBe(false);
    const first = there();
    keeper.index = directory.keep();
    keeper.announce();
    await first;
    expect(link.isThere).toBe(true);
    const second = there();
    keeper.announce();
    await second;
  });

  test("that is another cacheproxy's it is not there, and leaves in good order", async () => {
    const keeper = serve();
    const link = openKeeperLink({
      ...{ path: keeperSocketPath(directory.path), after: systemAfter, onTrouble: () => undefined },
      isOurs: (household) => household !== 1,
    });
    links.push(link);
    let calls = 0;
    link.onThere(() => calls++);
    while (!keeper.visits.includes("left in order")) await new Promise(setImmediate);
    expect([link.isThere, calls]).toEqual([false, 0]);
    await expect(link.remove([{ by: "all" }])).rejects.toMatchObject({ code: "KEEPER_AWAY" });
  });

  test("it says good-bye when it closes, and does not come back", async () => {
    const keeper = serve();
    const { link } = open();
    await link.reached(5_000);
    link.suspectIndex();
    link.close();
    while (keeper.visits.length < 3) await new Promise(setImmediate);
    expect(keeper.visits).toEqual(["came", "suspicion", "left in order"]);
    await expect(link.commit(batchOf([]))).rejects.toMatchObject({ code: "KEEPER_AWAY" });
  });
});

describe("a keeper that is away", () => {
  test("is not waited for: all is refused at once", async () => {
    const { link, limits } = open();
    expect(link.isThere).toBe(false);
    const code = "KEEPER_AWAY";
    await expect(link.commit(batchOf([newRow()]))).rejects.toMatchObject({ code });
    await expect(link.remove([{ by: "all" }])).rejects.toMatchObject({ code });
    await expect(link.grant(small)).rejects.toMatchObject({ code });
    expect(limits.size).toBe(0);
  });

  test("with a batch in flight has lost it; when it is back that can be handed over again, and is stored once", async () => {
    const silent = serveSilent();
    const { link, there } = open();
    await link.reached(5_000);
    const batch = batchOf([newRow({ primaryKey: "a" })]);
    const answers = Promise.allSettled([link.commit(batch), link.remove([{ by: "all" }])]);
    await silent.asked(2);
    const back = there();
    for (const server of servers.splice(0)) server.stop(true);
    const lost = { status: "rejected", reason: expect.objectContaining({ code: "KEEPER_AWAY" }) };
    expect(await answers).toEqual([lost, lost] as never);
    expect(link.isThere).toBe(false);
    serve();
    await back;
    await link.commit(batch);
    await link.commit(batch);
    expect(keysIn(directory.keep())).toEqual(["a"]);
  });

  test("is found again when somebody has removed its socket and it has made it anew", async () => {
    const keeper = serve();
    const { link, there } = open();
    await link.reached(5_000);
    rmSync(keeper.path);
    const back = there();
    await keeper.leave();
    keeper.comeBack();
    await back;
    expect(await link.grant(small)).toBe(true);
  });

  test("that dies again and again is found each time", async () => {
    const keeper = serve();
    const { link, there } = open();
    await link.reached(5_000);
    for (let i = 0; i < 20; i++) {
      const back = there();
      await keeper.leave();
      keeper.comeBack();
      await back;
      await link.commit(batchOf([newRow({ primaryKey: `k${i}` })]));
    }
    expect(keysIn(directory.keep())).toHaveLength(20);
  });
});

describe("a keeper that is silent", () => {
  test("is waited for as long as patience lasts, and not at all from then on, until it says anything", async () => {
    const { sockets, heard, asked } = serveSilent();
    const { link, limits } = open();
    await link.reached(5_000);
    const code = "KEEPER_SILENT";
    const [first, batch] = [link.remove([{ by: "all" }]), link.commit(batchOf([newRow()]))];
    await asked(2);
    expect(limits.size).toBe(1);
    for (const run of limits) run();
    await expect(first).rejects.toMatchObject({ code });
    await expect(link.remove([{ by: "all" }])).rejects.toMatchObject({ code });
    await expect(link.grant(small)).rejects.toMatchObject({ code });
    expect(heard).toHaveLength(2);
    // The answers come late: nobody waits for the first, somebody for the second.
    const [removal, commit] = heard;
    sockets[0]?.write(
      Buffer.concat([
        encodeMessage({ kind: "removed", request: removal?.request ?? 0, removed: 1, number: 5 }),
        encodeMessage({ kind: "committed", request: commit?.request ?? 0, overtaken: [], removal: 5 }),
      ]),
    );
    expect(await batch).toMatchObject({ removal: 5 });
    const next = link.grant(small);
    await asked(3);
    sockets[0]?.write(encodeMessage({ kind: "granted", request: heard[2]?.request ?? 0, isGranted: true }));
    expect(await next).toBe(true);
  });

  test("and is replaced is heard at once when the next one is there", async () => {
    const { asked } = serveSilent();
    const { link, limits, there } = open();
    await link.reached(5_000);
    const removal = link.remove([{ by: "all" }]);
    await asked(1);
    for (const run of limits) run();
    await expect(removal).rejects.toMatchObject({ code: "KEEPER_SILENT" });
    const back = there();
    for (const server of servers.splice(0)) server.stop(true);
    serve();
    await back;
    expect(await link.remove([{ by: "all" }])).toMatchObject({ removed: 0 });
  });
});

describe("a keeper that says what nobody knows", () => {
  test.each([
    ["a frame that is no JSON", encodeFrame("no JSON")],
    ["a message that nobody knows", encodeFrame('{"kind":"hello"}')],
    ["no frame", new Uint8Array(64).fill(255)],
  ])("%s: is told, what is asked is refused, and it is called anew", async (_, garbage) => {
    const { sockets, asked } = serveSilent();
    const { link, troubles, there } = open();
    await link.reached(5_000);
    const batch = link.commit(batchOf([newRow()]));
    await asked(1);
    const back = there();
    sockets[0]?.write(garbage);
    await expect(batch).rejects.toMatchObject({ code: "KEEPER_AWAY" });
    expect(troubles).toEqual(["CONTROL_MESSAGE"]);
    await back;
    expect(sockets).toHaveLength(2);
  });

  test("an answer that is none to the question is refused", async () => {
    const { sockets, heard, asked } = serveSilent();
    const { link } = open();
    await link.reached(5_000);
    const grant = link.grant(small);
    await asked(1);
    sockets[0]?.write(
      encodeMessage({ kind: "removed", request: heard[0]?.request ?? 0, removed: 1, number: 5 }),
    );
    await expect(grant).rejects.toMatchObject({ code: "CONTROL_MESSAGE" });
  });
});
