import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FromKeeper, fromKeeperSchema, type ToKeeper } from "../../src/control/keeper-messages.ts";
import { keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { openIndex } from "../../src/keeper/index.ts";
import { runKeeper } from "../../src/keeper/main.ts";
import { indexPath } from "../../src/store/disk/index-format.ts";
import { systemAfter } from "../../src/store/after.ts";
import { type KeeperLink, openKeeperLink } from "../../src/worker/keeper-link.ts";
import { watch } from "../supervisor/fake-clock.ts";
import { someSettings } from "../supervisor/fake-workers.ts";
import { batchOf, keysIn, newRow } from "./batches.ts";

const main = join(import.meta.dir, "../../src/main.ts");
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
let cacheDir: string;
let links: KeeperLink[] = [];
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "cacheproxy-keeper-"));
});
afterEach(() => {
  for (const link of links) link.close();
  links = [];
  // Of the keepers in this process.
  for (const signal of signals) process.removeAllListeners(signal);
  rmSync(cacheDir, { recursive: true, force: true });
});

/** A keeper in this process, and the supervisor's end of its line. */
function run() {
  const heard: FromKeeper[] = [];
  const waiting: { kind: FromKeeper["kind"]; found: (message: FromKeeper) => void }[] = [];
  let receive: (message: unknown) => void = () => undefined;
  let close: () => void = () => undefined;
  const ended = runKeeper(
    {},
    {
      send(message, sent) {
        // As it comes over the way between processes.
        const parsed = fromKeeperSchema.parse(structuredClone(message));
        const place = waiting.findIndex(({ kind }) => kind === parsed.kind);
        if (place === -1) heard.push(parsed);
        else waiting.splice(place, 1)[0]?.found(parsed);
        sent?.();
      },
      onMessage: (listener) => {
        receive = listener;
      },
      onClosed: (listener) => {
        close = listener;
      },
    },
  );
  /** The next message of that kind. */
  function next<Kind extends FromKeeper["kind"]>(kind: Kind): Promise<Extract<FromKeeper, { kind: Kind }>> {
    return new Promise((resolve) => {
      const found = (message: FromKeeper) => resolve(message as Extract<FromKeeper, { kind: Kind }>);
      const place = heard.findIndex((message) => message.kind === kind);
      const [there] = place === -1 ? [] : heard.splice(place, 1);
      if (there === undefined) waiting.push({ kind, found });
      else found(there);
    });
  }
  return {
    say: (message: ToKeeper) => receive(message),
    sayAnything: receiveAny,
    next,
    ended,
    lose: () => close(),
  };

  function receiveAny(message: unknown): void {
    receive(message);
  }
}

function startMessage(): ToKeeper {
  return { kind: "start", now: 1, startedAt: 1, deaths: 0, settings: { ...someSettings, cacheDir } };
}

async function runStarted() {
  const keeper = run();
  await keeper.next("hello");
  keeper.say(startMessage());
  await keeper.next("ready");
  return keeper;
}

async function connect(): Promise<KeeperLink> {
  const link = openKeeperLink({
    path: keeperSocketPath(cacheDir),
    after: systemAfter,
    onTrouble: () => undefined,
  });
  links.push(link);
  await link.reached(10_000);
  return link;
}

/** What lies in the cache, and whether the last keeper has ended in order. */
function left(): { keys: string[]; wasClosedCleanly: boolean } {
  const index = openIndex({ directory: cacheDir, now: Date.now, seed: 1, onTrouble: console.error });
  const found = { keys: keysIn(index), wasClosedCleanly: index.wasClosedCleanly };
  index.close();
  return found;
}

describe("the keeper", () => {
  test("says hello, starts when it is told to, counts, removes, and stops in order", async () => {
    const keeper = await runStarted();
    const link = await connect();
    await link.commit(batchOf(["a", "b"].map((primaryKey) => newRow({ primaryKey }))));
    keeper.say({ kind: "totals", request: 1 });
    expect(await keeper.next("totals")).toMatchObject({ request: 1, objects: 2 });
    keeper.say({ kind: "remove", request: 2, selectors: [{ by: "key", primaryKey: "a" }] });
    const removed = await keeper.next("removed");
    expect(removed).toMatchObject({ request: 2, complete: 1, partial: 0 });
    expect(removed.number).toBeGreaterThan(0);
    expect(removed.error).toBeUndefined();
    keeper.say({ kind: "stop" });
    await keeper.next("stopped");
    await keeper.ended;
    expect(left()).toEqual({ keys: ["b"], wasClosedCleanly: true });
  });

  test("has done what came before it is told to stop", async () => {
    const keeper = await runStarted();
    keeper.say({ kind: "remove", request: 1, selectors: [{ by: "all" }] });
    keeper.say({ kind: "stop" });
    expect(await keeper.next("removed")).toMatchObject({ request: 1, complete: 0, partial: 0 });
    await keeper.ended;
  });

  test("says that it cannot remove while somebody else holds the index, and ends in order afterwards", async () => {
    const keeper = await runStarted();
    const link = await connect();
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    const other = new Database(indexPath(cacheDir));
    other.run("BEGIN IMMEDIATE");
    keeper.say({ kind: "remove", request: 1, selectors: [{ by: "all" }] });
    const refused = await keeper.next("removed");
    expect(refused).toMatchObject({ request: 1, complete: 0, error: expect.stringContaining("locked") });
    other.run("COMMIT");
    other.close();
    keeper.say({ kind: "stop" });
    await keeper.ended;
    expect(left()).toEqual({ keys: ["a"], wasClosedCleanly: true });
  });

  test("answers before its start, too: it holds nothing, removes nothing, and stops", async () => {
    const keeper = run();
    keeper.say({ kind: "totals", request: 1 });
    expect(await keeper.next("totals")).toEqual({ kind: "totals", request: 1, objects: 0, bytes: 0 });
    keeper.say({ kind: "remove", request: 2, selectors: [{ by: "all" }] });
    expect(await keeper.next("removed")).toMatchObject({
      request: 2,
      error: expect.stringContaining("not begun"),
    });
    keeper.say({ kind: "stop" });
    await keeper.ended;
  });

  test("tells of what it does not know, and goes on", async () => {
    const keeper = await runStarted();
    keeper.sayAnything({ kind: "format", everything: true });
    expect((await keeper.next("trouble")).code).toBe("CONTROL_MESSAGE");
    keeper.say({ kind: "totals", request: 1 });
    await keeper.next("totals");
    keeper.say({ kind: "stop" });
    await keeper.ended;
  });

  test("whose supervisor is lost goes on as long as a worker is connected, and then ends in order", async () => {
    const keeper = await runStarted();
    const link = await connect();
    keeper.lose();
    const ended = watch(keeper.ended);
    // Planned after the keeper's own look for workers, which is as far away: it comes after it.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    expect(ended.settled).toBe(false);
    link.close();
    await keeper.ended;
    expect(left()).toEqual({ keys: ["a"], wasClosedCleanly: true });
  });
});

describe("two keepers of one cache folder", () => {
  test("are never there at once: that of a supervisor that is lost ends for the next one, and its workers go over to that", async () => {
    const former = await runStarted();
    const link = await connect();
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    const { number } = await link.remove([{ by: "key", primaryKey: "b" }]);
    former.lose();
    const next = await runStarted();
    expect(await next.next("trouble")).toMatchObject({ code: "INDEX_ABSENT" });
    const back = new Promise<void>((resolve) => link.onThere(resolve));
    await former.ended;
    await back;
    await link.commit(batchOf([newRow({ primaryKey: "c" })]));
    expect((await link.remove([{ by: "key", primaryKey: "b" }])).number).toBe(number + 1);
    link.close();
    next.say({ kind: "stop" });
    await next.ended;
    expect(left()).toEqual({ keys: ["a", "c"], wasClosedCleanly: true });
  }, 20_000);

  test("of which the first has its supervisor still: it keeps index and socket, and the other has neither", async () => {
    const first = await runStarted();
    const second = await runStarted();
    await second.next("trouble");
    second.say({ kind: "remove", request: 1, selectors: [{ by: "all" }] });
    expect(await second.next("removed")).toMatchObject({ error: expect.stringContaining("no disk cache") });
    second.say({ kind: "stop" });
    await second.ended;
    const link = await connect();
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    link.close();
    first.say({ kind: "stop" });
    await first.ended;
    expect(left().keys).toEqual(["a"]);
  }, 20_000);
});

describe("the keeper as a process", () => {
  function spawn() {
    const ready = Promise.withResolvers<void>();
    const child = Bun.spawn([process.execPath, main, "keeper"], {
      stderr: "inherit",
      ipc(raw, sender) {
        const message = fromKeeperSchema.parse(raw);
        if (message.kind === "hello") sender.send(startMessage());
        if (message.kind === "ready") ready.resolve();
      },
    });
    return { child, ready: ready.promise };
  }

  test("ends in order when its supervisor is gone", async () => {
    const { child, ready } = spawn();
    await ready;
    const link = await connect();
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    link.close();
    child.disconnect();
    expect(await child.exited).toBe(0);
    expect(left()).toEqual({ keys: ["a"], wasClosedCleanly: true });
  }, 20_000);

  test("is ended by no signal that a terminal sends to all", async () => {
    const { child, ready } = spawn();
    await ready;
    for (const signal of signals) child.kill(signal);
    const link = await connect();
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    link.close();
    child.send({ kind: "stop" } satisfies ToKeeper);
    expect(await child.exited).toBe(0);
  }, 20_000);

  test("that is killed leaves what it has acknowledged; one that is stopped is silent until it goes on", async () => {
    const { child, ready } = spawn();
    await ready;
    const patience = 100;
    const link = openKeeperLink({
      ...{ path: keeperSocketPath(cacheDir), after: systemAfter, onTrouble: () => undefined, patience },
    });
    links.push(link);
    await link.reached(10_000);
    await link.commit(batchOf([newRow({ primaryKey: "a" })]));
    child.kill("SIGSTOP");
    await expect(link.remove([{ by: "all" }])).rejects.toMatchObject({ code: "KEEPER_SILENT" });
    const batch = link.commit(batchOf([newRow({ primaryKey: "b" })]));
    child.kill("SIGCONT");
    // It was asked to remove all, and has done so before it entered what came after.
    await batch;
    child.kill("SIGKILL");
    await child.exited;
    expect(left()).toEqual({ keys: ["b"], wasClosedCleanly: false });
  }, 20_000);
});
