import { describe, expect, test } from "bun:test";
import type { PurgeSelector } from "../../src/control/selector.ts";
import { createKeeperSlot, KeeperError } from "../../src/supervisor/keeper-slot.ts";
import { createFakeClock, settle, watch } from "./fake-clock.ts";
import { answerRemoval, createFakeKeepers, introduce } from "./fake-keepers.ts";
import { someSettings } from "./fake-workers.ts";

const selectors: readonly PurgeSelector[] = [{ by: "all" }];

function openScene() {
  const clock = createFakeClock();
  const keepers = createFakeKeepers();
  const journal: string[] = [];
  const troubles: string[] = [];
  /** Whose the cache directory is; an error where that cannot be told. */
  const directory: { isOurs: boolean; error: Error | undefined } = { isOurs: true, error: undefined };
  /** Why no process can be started. */
  const system: { refusal: string | undefined } = { refusal: undefined };
  const slot = createKeeperSlot({
    settings: someSettings,
    startedAt: clock.steady(),
    spawn(events) {
      if (system.refusal !== undefined) throw new Error(system.refusal);
      return keepers.spawn(events);
    },
    isOurs() {
      if (directory.error !== undefined) throw directory.error;
      return directory.isOurs;
    },
    clock,
    journal: {
      info: (message) => journal.push(`info ${message}`),
      error: (message) => journal.push(`error ${message}`),
    },
    troubles: { note: ({ code, message }) => troubles.push(`${code} ${message}`) },
  });
  return { clock, keepers, slot, journal, troubles, directory, system };
}

function openReadyScene() {
  const scene = openScene();
  scene.slot.run();
  const keeper = scene.keepers.child(0);
  introduce(keeper);
  return { ...scene, keeper };
}

describe("starting", () => {
  test("the keeper is told its settings when it says hello, and is ready when it says so", async () => {
    const { slot, keepers, clock } = openScene();
    const startedAt = clock.steady();
    await clock.advance(5);
    slot.run();
    const ready = watch(slot.whenReady);
    expect(keepers.child(0).sent).toEqual([]);
    keepers.child(0).say({ kind: "hello" });
    expect(keepers.child(0).sent).toEqual([
      { kind: "start", now: clock.steady(), startedAt, deaths: 0, settings: someSettings },
    ]);
    await settle();
    expect([ready.settled, slot.status.state]).toEqual([false, "starting"]);
    keepers.child(0).say({ kind: "ready" });
    await settle();
    expect(ready.settled).toBe(true);
    expect(slot.status).toEqual({ pid: 1001, state: "ready", deaths: 0 });
  });

  test("a keeper is told how many died before it", async () => {
    const { keepers, keeper, clock } = openReadyScene();
    keeper.end();
    await clock.advance(100);
    keepers.child(1).say({ kind: "hello" });
    expect(keepers.child(1).sent).toMatchObject([{ kind: "start", deaths: 1 }]);
  });

  test("one that is not ready within 30 s is ended and started again", async () => {
    const { slot, keepers, clock, troubles } = openScene();
    slot.run();
    await clock.advance(30_000);
    expect(keepers.child(0).killed).toBe(true);
    expect(troubles).toEqual(["START_TIMEOUT keeper: not ready after 30 s"]);
    await clock.advance(100);
    expect(keepers.born).toHaveLength(2);
  });
});

test("a keeper that the system cannot start is tried again after the back-off, and ends nobody", async () => {
  const { slot, keepers, clock, troubles, journal, system } = openScene();
  system.refusal = "too many processes";
  slot.run();
  expect(troubles).toEqual(["SPAWN keeper: too many processes"]);
  expect(journal).toEqual(["error the keeper could not be started; it is started again in 100 ms"]);
  system.refusal = undefined;
  await clock.advance(100);
  expect(keepers.born).toHaveLength(1);
});

describe("a cache directory that is another's", () => {
  const absence = "INDEX_ABSENT there is no disk cache: the cache directory is in use by another cacheproxy";

  test("has no keeper started in it; one comes when the directory is ours", async () => {
    const { slot, keepers, clock, troubles, directory } = openScene();
    directory.isOurs = false;
    slot.run();
    await clock.advance(1_000);
    expect(keepers.born).toHaveLength(0);
    expect(slot.status.state).toBe("waiting");
    expect(troubles).toEqual([absence, absence]);
    directory.isOurs = true;
    await clock.advance(1_000);
    expect(keepers.born).toHaveLength(1);
  });

  test("ends the keeper within a second, which is no death of it, and there is one again when it is ours again", async () => {
    const { slot, keepers, keeper, clock, troubles, journal, directory } = openReadyScene();
    directory.isOurs = false;
    await clock.advance(1_000);
    expect(keeper.killed).toBe(true);
    expect(slot.status).toEqual({ pid: undefined, state: "waiting", deaths: 0 });
    await clock.advance(5_000);
    expect(keepers.born).toHaveLength(1);
    expect(troubles).toContain(absence);
    directory.isOurs = true;
    await clock.advance(1_000);
    introduce(keepers.child(1));
    expect(slot.status.state).toBe("ready");
    expect(journal).toEqual(["info the keeper is back"]);
  });

  test("keeps a keeper that had died from being started again", async () => {
    const { keepers, clock, directory } = openReadyScene();
    for (let deaths = 0; deaths < 5; deaths += 1) {
      keepers.born.at(-1)?.end();
      await clock.advance(deaths < 4 ? 1_600 : 0);
    }
    const born = keepers.born.length;
    directory.isOurs = false;
    await clock.advance(60_000);
    expect(keepers.born).toHaveLength(born);
  });

  test("a lock that cannot be taken for now is told with its code, and starts nobody", async () => {
    const { slot, keepers, clock, troubles, directory } = openScene();
    directory.error = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    slot.run();
    expect(troubles).toEqual(["ENOSPC there is no disk cache: no space left on device"]);
    expect(keepers.born).toHaveLength(0);
    directory.error = undefined;
    await clock.advance(1_000);
    expect(keepers.born).toHaveLength(1);
  });
});

describe("a keeper that dies", () => {
  test("is told of, started again after the back-off, and told of when it is back", async () => {
    const { slot, keepers, keeper, clock, journal } = openReadyScene();
    keeper.end({ signal: "SIGKILL" });
    expect(slot.status).toEqual({ pid: undefined, state: "waiting", deaths: 1 });
    await clock.advance(100);
    introduce(keepers.child(1));
    keepers.child(1).end({ exitCode: 1 });
    await clock.advance(200);
    introduce(keepers.child(2));
    expect(journal).toEqual([
      "error the keeper was ended by SIGKILL; it is started again in 100 ms",
      "info the keeper is back",
      "error the keeper ended with code 1; it is started again in 200 ms",
      "info the keeper is back",
    ]);
  });

  test("because it is stopped is ended within seconds, and told of with what it was", async () => {
    const { keeper, clock, troubles } = openReadyScene();
    keeper.look = { state: "T", processorSeconds: 1 };
    await clock.advance(4_000);
    expect(keeper.killed).toBe(true);
    expect(troubles).toEqual([
      "UNRESPONSIVE keeper: no answer for 3 s: it is stopped, by SIGSTOP or the like; it is ended",
    ]);
  });
});

describe("removing from the disk", () => {
  test("gives how many there were, and the keeper's number", async () => {
    const { slot, keeper } = openReadyScene();
    const removed = slot.remove(selectors, 60_000);
    expect(keeper.heard("remove").selectors).toEqual([...selectors]);
    answerRemoval(keeper, { count: 3, number: 7 });
    expect(await removed).toEqual({ complete: 3, partial: 0, number: 7 });
  });

  test("a keeper that is down or starts is not waited for", async () => {
    const { slot, keepers, keeper, clock } = openReadyScene();
    keeper.end();
    await expect(slot.remove(selectors, 60_000)).rejects.toThrow(
      new KeeperError("the keeper of the disk is down"),
    );
    await clock.advance(100);
    keepers.child(1).say({ kind: "hello" });
    await expect(slot.remove(selectors, 60_000)).rejects.toThrow("is down");
  });

  test("one that has let a second pass without a sign of life is not waited for, until it gives one", async () => {
    const { slot, keeper, clock } = openReadyScene();
    await clock.advance(2_000);
    await expect(slot.remove(selectors, 60_000)).rejects.toThrow(
      new KeeperError("the keeper of the disk does not answer"),
    );
    expect(keeper.timesHeard("remove")).toBe(0);
    keeper.say({ kind: "totals", request: keeper.heard("totals").request, objects: 0, bytes: 0 });
    const removed = slot.remove(selectors, 60_000);
    answerRemoval(keeper, { count: 0, number: 1 });
    expect(await removed).toEqual({ complete: 0, partial: 0, number: 1 });
  });

  test("one that falls silent is waited for up to the limit", async () => {
    const { slot, clock } = openReadyScene();
    const removed = slot.remove(selectors, 10_000);
    const state = watch(removed);
    await clock.advance(9_999);
    expect(state.settled).toBe(false);
    await clock.advance(1);
    await expect(removed).rejects.toThrow(
      new KeeperError("the keeper of the disk did not say in time that it removed it"),
    );
  });

  test("one that ends meanwhile is waited for no longer", async () => {
    const { slot, keeper } = openReadyScene();
    const removed = slot.remove(selectors, 60_000);
    keeper.end({ signal: "SIGKILL" });
    await expect(removed).rejects.toThrow(
      new KeeperError("the keeper of the disk ended before it had removed it"),
    );
  });

  test("one that could not says why", async () => {
    const { slot, keeper } = openReadyScene();
    const removed = slot.remove(selectors, 60_000);
    answerRemoval(keeper, { count: 0, number: 0, error: "database or disk is full" });
    await expect(removed).rejects.toThrow(new KeeperError("database or disk is full"));
  });
});

describe("what the disk holds", () => {
  test("is asked of the keeper, and what was known last is told when it does not answer within a second", async () => {
    const { slot, keeper, clock } = openReadyScene();
    const first = slot.totals();
    keeper.say({ kind: "totals", request: keeper.heard("totals").request, objects: 2, bytes: 200 });
    expect(await first).toEqual({ objects: 2, bytes: 200 });
    const second = slot.totals();
    await clock.advance(1_000);
    expect(await second).toEqual({ objects: 2, bytes: 200 });
    keeper.end();
    expect(await slot.totals()).toEqual({ objects: 2, bytes: 200 });
  });

  test("is measured over the lives of several keepers", async () => {
    const { slot, keeper, keepers, clock } = openReadyScene();
    const series = 'store_evictions_total{tier="disk",cause="room"}';
    const measures = (count: number) => ({ counters: { [series]: count }, gauges: {}, histograms: {} });
    const told = slot.measures();
    const totals = { kind: "totals", objects: 0, bytes: 0 } as const;
    keeper.say({ ...totals, request: keeper.heard("totals").request, measures: measures(4) });
    expect(await told).toEqual(measures(4));
    keeper.end();
    await clock.advance(100);
    const next = keepers.child(1);
    introduce(next);
    const again = slot.measures();
    next.say({ ...totals, request: next.heard("totals").request, measures: measures(1) });
    expect(await again).toEqual(measures(5));
  });

  test("is nothing as long as nobody has said", async () => {
    expect(await openScene().slot.totals()).toEqual({ objects: 0, bytes: 0 });
  });
});

describe("ending", () => {
  test("the keeper is told to stop, and is not started again", async () => {
    const { slot, keepers, keeper, clock, journal } = openReadyScene();
    const stopped = slot.stop(2_000);
    expect(keeper.heard("stop")).toEqual({ kind: "stop" });
    keeper.say({ kind: "stopped" });
    keeper.end({ exitCode: 0 });
    await stopped;
    await clock.advance(60_000);
    expect([keepers.born.length, keeper.killed, journal]).toEqual([1, false, []]);
  });

  test("one that is not done within the grace is killed", async () => {
    const { slot, keeper, clock } = openReadyScene();
    const stopped = slot.stop(2_000);
    await clock.advance(1_999);
    expect(keeper.killed).toBe(false);
    await clock.advance(1);
    expect(keeper.killed).toBe(true);
    await stopped;
  });

  test("one that starts is killed, and one that waits for its start is not started", async () => {
    const starting = openScene();
    starting.slot.run();
    await starting.slot.stop(2_000);
    expect(starting.keepers.child(0).killed).toBe(true);
    const waiting = openReadyScene();
    waiting.keeper.end();
    await waiting.slot.stop(2_000);
    await waiting.clock.advance(60_000);
    expect(waiting.keepers.born).toHaveLength(1);
  });

  test("kill ends it at once", async () => {
    const { slot, keeper } = openReadyScene();
    await slot.kill();
    expect(keeper.killed).toBe(true);
  });
});

test("troubles are told as the keeper's, and lines of its go to the journal", () => {
  const { keeper, troubles, journal } = openReadyScene();
  keeper.say({ kind: "trouble", code: "SQLITE_FULL", message: "no room" });
  keeper.say({ kind: "info", message: "swept 2 rows" });
  keeper.sayAnything({ kind: "removed", request: 1 });
  expect(troubles).toEqual([
    "SQLITE_FULL keeper: no room",
    expect.stringContaining(
      "CONTROL_MESSAGE keeper: said what the supervisor does not know: removed.complete: ",
    ),
  ]);
  expect(journal).toEqual(["info keeper: swept 2 rows"]);
});

describe("another keeper in its place, for other settings", () => {
  const smaller = { ...someSettings, disk: 5_000_000 };

  test("is started when the former has closed the index, and has not died", async () => {
    const { slot, keepers, keeper, clock, journal } = openReadyScene();
    slot.renew(smaller, 2_000);
    expect(keeper.heard("stop")).toEqual({ kind: "stop" });
    expect([keeper.killed, keepers.born.length]).toEqual([false, 1]);
    keeper.end({ exitCode: 0 });
    expect(keepers.born.length).toBe(2);
    introduce(keepers.child(1));
    expect(keepers.child(1).heard("start")).toMatchObject({ deaths: 0, settings: smaller });
    expect(slot.status).toEqual({ pid: 1002, state: "ready", deaths: 0 });
    await clock.advance(1_000);
    expect(keepers.born.length).toBe(2);
    expect(journal).toEqual(["info the keeper is back"]);
  });

  test("is asked for nothing until it is there", async () => {
    const { slot, keeper } = openReadyScene();
    slot.renew(smaller, 2_000);
    await expect(slot.remove(selectors, 1_000)).rejects.toThrow(KeeperError);
    expect(keeper.timesHeard("remove")).toBe(0);
  });

  test("begins as after a death when the former had to be killed", async () => {
    const { slot, keepers, keeper, clock } = openReadyScene();
    slot.renew(smaller, 2_000);
    await clock.advance(1_999);
    expect(keeper.killed).toBe(false);
    await clock.advance(1);
    expect(keeper.killed).toBe(true);
    await clock.advance(100);
    introduce(keepers.child(1));
    expect(keepers.child(1).heard("start")).toMatchObject({ deaths: 1, settings: smaller });
  });

  test("is not started when cacheproxy stops meanwhile", async () => {
    const { slot, keepers, keeper } = openReadyScene();
    slot.renew(smaller, 2_000);
    const stopped = slot.stop(1_000);
    keeper.end({ exitCode: 0 });
    await stopped;
    expect(keepers.born.length).toBe(1);
  });
});
