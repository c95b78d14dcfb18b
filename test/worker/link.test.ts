import { describe, expect, test } from "bun:test";
import type { FromWorker } from "../../src/control/messages.ts";
import { type Channel, joinSupervisor, type WorkerDuties } from "../../src/worker/link.ts";
import { createHandDeadlines } from "../fixtures/hand-deadlines.ts";
import { settle, watch } from "../supervisor/fake-clock.ts";
import { startMessage } from "../supervisor/fake-workers.ts";

/** A worker's link whose other end is in the test's hand. */
function openLink(duties: Partial<WorkerDuties> = {}) {
  const deadlines = createHandDeadlines();
  const silence = createHandDeadlines();
  const said: FromWorker[] = [];
  const waiting: ((error: Error | null) => void)[] = [];
  const calls: unknown[] = [];
  let receive: (message: unknown) => void = () => undefined;
  let close: () => void = () => undefined;
  const channel: Channel = {
    send(message, sent) {
      said.push(message);
      waiting.push(sent);
    },
    onMessage(receiver) {
      receive = receiver;
    },
    onClosed(closed) {
      close = closed;
    },
  };
  const link = joinSupervisor(
    {
      onStart: (start) => void calls.push(start),
      async onConfigure({ plan }) {
        calls.push(["configure", plan]);
      },
      onDrain: (grace, isReplaced) => void calls.push(["drain", grace, isReplaced]),
      onRemove: async (...removal) => {
        calls.push(removal);
        return { complete: 5, inFlight: 0 };
      },
      onList: async (...listing) => {
        calls.push(listing);
        return { complete: 2, inFlight: 1, listed: [] };
      },
      onQuestion: () => Promise.reject(new Error("nobody asks")),
      onCounters: () => ({ hits: 2 }),
      onSupervisorLost: () => void calls.push("lost"),
      ...duties,
    },
    channel,
    deadlines,
    silence,
  );
  return {
    link,
    deadlines,
    silence,
    said,
    calls,
    hear: (message: unknown) => receive(message),
    close: () => close(),
    /** The supervisor has read everything sent so far. */
    read() {
      for (const sent of waiting.splice(0)) sent(null);
    },
    last: () => said.at(-1),
  };
}

describe("a worker's end of the line", () => {
  test("says hello first, so that nothing is told to a worker that does not listen yet", () => {
    expect(openLink().said).toEqual([{ kind: "hello" }]);
  });

  test("passes on what the supervisor asks", () => {
    const { hear, calls } = openLink();
    hear(startMessage(3));
    hear({ kind: "drain", graceMilliseconds: 7, isReplaced: true });
    expect(calls).toEqual([startMessage(3), ["drain", 7, true]]);
  });

  test("says when it serves by what it was told, or why it does not", async () => {
    const { hear, calls, last } = openLink();
    const { settings, plan } = startMessage(1);
    hear({ kind: "configure", request: 4, settings, plan });
    await settle();
    expect(calls).toEqual([["configure", plan]]);
    expect(last()).toEqual({ kind: "configured", request: 4 });
    const refusing = openLink({ onConfigure: () => Promise.reject(new Error("there is no such file")) });
    refusing.hear({ kind: "configure", request: 5, settings, plan });
    await settle();
    expect(refusing.last()).toEqual({ kind: "configured", request: 5, error: "there is no such file" });
  });

  test("answers questions with their number", async () => {
    const { hear, calls, last } = openLink();
    hear({ kind: "remove", request: 8, selectors: [{ by: "all" }], number: 7 });
    await settle();
    expect(calls).toEqual([[[{ by: "all" }], 7]]);
    expect(last()).toEqual({ kind: "removed", request: 8, complete: 5, inFlight: 0 });
    hear({ kind: "list", request: 9, selectors: [{ by: "all" }], limit: 5 });
    await settle();
    expect(last()).toEqual({ kind: "listed", request: 9, complete: 2, inFlight: 1, listed: [] });
    hear({ kind: "reportCounters", request: 10 });
    expect(last()).toEqual({ kind: "counters", request: 10, counters: { hits: 2 } });
  });

  test("does not wait with a purge for a supervisor that is silent, nor with other questions for a purge", async () => {
    const { link, hear, silence } = openLink();
    const waiting = link.purge([{ path: "/a" }], null, "curl");
    // It lives, and takes its time.
    hear({ kind: "reportCounters", request: 1 });
    silence.pass();
    expect(await waiting).toEqual({ kind: "uncertain", why: "the supervisor does not answer" });
    const claimed = link.claim("/a");
    hear({ kind: "claimed", request: 1, leader: null, restMilliseconds: 0 });
    expect((await claimed).kind).toBe("led");
  });

  test("a sign of life gives a purge as long again", async () => {
    const { link, hear, silence } = openLink();
    const waiting = link.purge([{ path: "/a" }], null, "curl");
    const began = silence.latest();
    hear({ kind: "reportCounters", request: 1 });
    expect(silence.latest()).not.toBe(began);
    silence.pass();
    expect((await waiting).kind).toBe("uncertain");
    expect(silence.running).toBe(0);
  });

  test("has clients' purges done by the supervisor, also after other questions, and tells what became of them", async () => {
    const { link, hear, said } = openLink();
    const wanted = [{ tag: "news", site: "shop" }];
    const done = link.purge(wanted, "127.0.0.1", "WordPress");
    const refused = link.purge([{ path: "/a" }], null, "curl");
    const uncertain = link.purge([{ path: "/b" }], null, "curl");
    expect(said.slice(-3)).toEqual([
      { kind: "purge", request: 1, wanted, client: "127.0.0.1", asker: "WordPress" },
      { kind: "purge", request: 2, wanted: [{ path: "/a" }], client: null, asker: "curl" },
      { kind: "purge", request: 3, wanted: [{ path: "/b" }], client: null, asker: "curl" },
    ]);
    const answer = {
      ...{ purged: 1, complete: 1, partial: 0, inFlight: 0, soft: false, dryRun: false },
      ...{ lookedFor: "?", milliseconds: 1 },
    };
    hear({ kind: "purged", request: 1, answer });
    hear({ kind: "purged", request: 2, error: "no such site", isRefusal: true });
    hear({ kind: "purged", request: 3, error: "the disk is full" });
    expect(await Promise.all([done, refused, uncertain])).toEqual([
      { kind: "purged", answer },
      { kind: "refused", why: "no such site" },
      { kind: "uncertain", why: "the disk is full" },
    ]);
  });

  test("an invalidation waits for the word that the others have done it", async () => {
    const { link, said, last, hear } = openLink();
    const selectors = [{ by: "key", primaryKey: "k" } as const];
    const first = watch(link.invalidateElsewhere(selectors, 6));
    await settle();
    const second = watch(link.invalidateElsewhere(selectors, 7));
    expect(said).toHaveLength(2);
    await settle();
    expect(last()).toEqual({ kind: "invalidateElsewhere", request: 2, selectors, number: 7 });
    hear({ kind: "invalidatedElsewhere", request: 2 });
    await settle();
    expect([first.settled, second.settled]).toEqual([false, true]);
  });

  test("invalidations of one turn are told together: those on the disk with the largest number, the others apart", async () => {
    const { link, said, hear } = openLink();
    const key = (primaryKey: string) => ({ by: "key", primaryKey }) as const;
    const numbered = [5, 9, 7].map((number) => watch(link.invalidateElsewhere([key(`${number}`)], number)));
    const marked = ["a", "b"].map((name) => watch(link.invalidateElsewhere([key(name)], null)));
    await settle();
    expect(said.slice(1)).toEqual([
      { kind: "invalidateElsewhere", request: 1, selectors: [key("5"), key("9"), key("7")], number: 9 },
      { kind: "invalidateElsewhere", request: 2, selectors: [key("a"), key("b")], number: null },
    ]);
    hear({ kind: "invalidatedElsewhere", request: 1 });
    await settle();
    const settled = (all: readonly { settled: boolean }[]) => all.every((each) => each.settled);
    expect([settled(numbered), settled(marked)]).toEqual([true, false]);
  });

  test("an invalidation does not wait for a supervisor that is gone", async () => {
    const { link, close } = openLink();
    const told = link.invalidateElsewhere([{ by: "all" }], 1);
    await settle();
    const untold = link.invalidateElsewhere([{ by: "all" }], 2);
    close();
    await Promise.all([told, untold]);
    await link.invalidateElsewhere([{ by: "all" }], 3);
  });

  test("a claim learns who leads the key; a release says that it is done", async () => {
    const { link, last, hear } = openLink();
    const first = link.claim("/a");
    expect(last()).toEqual({ kind: "claim", request: 1, key: "/a" });
    const second = link.claim("/b");
    hear({ kind: "claimed", request: 2, leader: "worker-3", restMilliseconds: 0 });
    hear({ kind: "claimed", request: 1, leader: null, restMilliseconds: 500 });
    expect(await second).toEqual({ kind: "elsewhere", worker: "worker-3" });
    const claimed = await first;
    if (claimed.kind !== "led") throw new Error(`it should lead, and is ${claimed.kind}`);
    expect(claimed.restMilliseconds).toBe(500);
    claimed.release(2_000);
    expect(last()).toEqual({ kind: "release", request: 1, key: "/a", restMilliseconds: 2_000 });
  });

  test("a claim is given back once", async () => {
    const { link, hear, said } = openLink();
    const waiting = link.claim("/a");
    hear({ kind: "claimed", request: 1, leader: null, restMilliseconds: 0 });
    const claimed = await waiting;
    if (claimed.kind !== "led") throw new Error(`it should lead, and is ${claimed.kind}`);
    claimed.release(0);
    claimed.release(0);
    expect(said.filter(({ kind }) => kind === "release")).toHaveLength(1);
  });

  test("a claim is granted where there is no supervisor any more", async () => {
    const { link, close } = openLink();
    const waiting = link.claim("/a");
    close();
    expect([await waiting, await link.claim("/b")]).toEqual([{ kind: "alone" }, { kind: "alone" }]);
  });

  test("a worker that is alone has nobody to ask", async () => {
    const { link, hear, said } = openLink();
    const start = startMessage(1);
    hear({ ...start, hasCompany: false });
    await link.invalidateElsewhere([{ by: "all" }], 1);
    expect(await link.claim("/a")).toEqual({ kind: "alone" });
    expect(said).toEqual([{ kind: "hello" }]);
  });

  test("a worker that was alone tells the others as soon as there are some", async () => {
    const { link, hear, last } = openLink();
    hear({ ...startMessage(1), hasCompany: false });
    hear({ kind: "company", isThere: true });
    watch(link.invalidateElsewhere([{ by: "all" }], 1));
    await settle();
    expect(last()).toMatchObject({ kind: "invalidateElsewhere", number: 1 });
  });

  test("a worker that is alone tells of what is on the disk still, for who takes its place", async () => {
    const { link, hear, last } = openLink();
    const start = startMessage(1);
    hear({ ...start, hasCompany: false });
    watch(link.invalidateElsewhere([{ by: "all" }], null));
    await settle();
    expect(last()).toEqual({
      kind: "invalidateElsewhere",
      request: 1,
      selectors: [{ by: "all" }],
      number: null,
    });
  });

  describe("a supervisor that does not answer", () => {
    test("is waited for once, and not again until it is heard of", async () => {
      const { link, hear, said, deadlines } = openLink();
      const waiting = link.claim("/a");
      deadlines.pass();
      expect(await waiting).toEqual({ kind: "alone" });
      expect(await link.claim("/b")).toEqual({ kind: "alone" });
      expect(said.filter(({ kind }) => kind === "claim")).toHaveLength(1);
      hear({ kind: "reportCounters", request: 1 });
      watch(link.claim("/c"));
      expect(said.filter(({ kind }) => kind === "claim")).toHaveLength(2);
    });

    test("and grants a claim that nobody waits for any more gets it back", async () => {
      const { link, hear, last, deadlines } = openLink();
      const waiting = link.claim("/a");
      deadlines.pass();
      await waiting;
      hear({ kind: "claimed", request: 1, leader: null, restMilliseconds: 0 });
      expect(last()).toEqual({ kind: "release", request: 1, key: "/a", restMilliseconds: 0 });
    });

    test("holds up an invalidation once, and is told of the next ones all the same", async () => {
      const { link, said, deadlines } = openLink();
      const first = link.invalidateElsewhere([{ by: "all" }], 1);
      await settle();
      deadlines.pass();
      await first;
      await link.invalidateElsewhere([{ by: "all" }], 2);
      await settle();
      expect(said.filter(({ kind }) => kind === "invalidateElsewhere")).toHaveLength(2);
    });
  });

  test("a removal that fails is trouble, and is not answered as if it were done", async () => {
    const { hear, said } = openLink({ onRemove: () => Promise.reject(new Error("out of memory")) });
    hear({ kind: "remove", request: 8, selectors: [{ by: "all" }], number: null });
    await settle();
    expect(said.slice(1)).toEqual([
      { kind: "trouble", code: "WORKER_DUTY", message: "remove: out of memory" },
    ]);
  });

  test("a duty that throws is trouble, not the end", async () => {
    const { hear, last } = openLink({ onDrain: () => Promise.reject(new Error("no")) });
    hear({ kind: "drain", graceMilliseconds: 1, isReplaced: false });
    await settle();
    expect(last()).toEqual({ kind: "trouble", code: "WORKER_DUTY", message: "drain: no" });
  });

  test("a notice is said once for each code", () => {
    const { link, said } = openLink();
    for (const code of ["a", "a", "b", "a"]) link.notice(code, "it");
    const notices = said.filter(({ kind }) => kind === "notice");
    expect(notices).toEqual(["a", "b"].map((code) => ({ kind: "notice", code, message: "it" })));
  });

  test("a message that does not fit is trouble, and no duty is called", () => {
    const { hear, last, calls } = openLink();
    hear({ kind: "drain", graceMilliseconds: "soon" });
    expect(calls).toEqual([]);
    expect(last()).toMatchObject({ kind: "trouble", code: "CONTROL_MESSAGE" });
    expect(JSON.stringify(last())).toContain("drain.graceMilliseconds");
  });

  test("a supervisor that is gone is told of once, and nothing is said to it any more", async () => {
    const { link, close, calls, said } = openLink();
    close();
    link.trouble("EIO", "disk");
    await link.drained({ hits: 2 });
    expect(calls).toEqual(["lost"]);
    expect(said).toEqual([{ kind: "hello" }]);
  });
});

describe("lines of the log", () => {
  test("go before the word that the worker has drained, which resolves when it was read", async () => {
    const { link, said, read } = openLink();
    link.log("1\n");
    link.log("2\n");
    let resolved = false;
    const drained = link.drained({ hits: 2 }).then(() => {
      resolved = true;
    });
    expect(said.slice(1)).toEqual([
      { kind: "log", lines: "1\n2\n", dropped: 0 },
      { kind: "drained", counters: { hits: 2 } },
    ]);
    await settle();
    expect(resolved).toBe(false);
    read();
    await drained;
  });

  test("are sent at once when there are 64 KB of them", () => {
    const { link, said } = openLink();
    link.log(`${"x".repeat(65_534)}\n`);
    expect(said.length).toBe(1);
    link.log("\n");
    expect(said.length).toBe(2);
  });

  test("are dropped and counted when the supervisor has not read 4 MB", () => {
    const { link, said, read, last } = openLink();
    const batch = `${"x".repeat(65_535)}\n`;
    for (let index = 0; index < 64; index += 1) link.log(batch);
    expect(said.length).toBe(65);
    link.log("lost\nlost\n");
    link.log("lost\n");
    read();
    link.log(batch);
    expect(last()).toEqual({ kind: "log", lines: batch, dropped: 3 });
  });
});
