import { describe, expect, test } from "bun:test";
import type { Outcome } from "../../../src/cli/warm/ask.ts";
import { askForAll } from "../../../src/cli/warm/crew.ts";
import { createPace, pauseIn } from "../../../src/cli/warm/pace.ts";
import { readAhead } from "../../../src/cli/warm/read-ahead.ts";
import type { Asked } from "../../../src/cli/warm/tally.ts";
import { createFakeClock } from "../../supervisor/fake-clock.ts";

const good: Outcome = { kind: "cached", isNew: true, bytes: 1 };
const tooMuch = (retryAfter: string | null = null): Outcome => ({
  kind: "refused",
  ...{ status: 503, reason: "unknown", retryAfter },
});
const lost: Outcome = { kind: "unanswered", problem: "the connection failed" };

function scene({ rate, concurrency = 4 }: { rate?: number; concurrency?: number }) {
  const clock = createFakeClock();
  const ending = new AbortController();
  const slower: string[] = [];
  const onSlower = (line: string) => void slower.push(line);
  const pace = createPace({ rate, concurrency, clock, signal: ending.signal, onSlower });
  return { clock, ending, slower, pace, concurrency };
}

/** What an origin needs for an answer. */
function work({ clock }: ReturnType<typeof scene>): Promise<void> {
  return new Promise((resolve) => void clock.after(10, resolve));
}

/** So many requests, each answered by `answer`, which is told its number and how many are under way. */
function crew(
  { pace, ending, concurrency, clock }: ReturnType<typeof scene>,
  requests: number,
  answer: (number: number, underWay: number) => Promise<Outcome>,
) {
  const outcomes: Outcome[] = [];
  const begunAt: number[] = [];
  const hopeless: string[] = [];
  let underWay = 0;
  let begun = 0;
  const first = clock.steady();
  async function* all() {
    for (let number = 0; number < requests; number++) yield { number } as unknown as Asked;
  }
  const done = askForAll({
    requests: readAhead(all(), 1000, ending.signal),
    ...{ pace, concurrency },
    async ask() {
      begunAt.push(clock.steady() - first);
      underWay += 1;
      begun += 1;
      const outcome = await answer(begun, underWay);
      underWay -= 1;
      return outcome;
    },
    onOutcome: (_, outcome) => void outcomes.push(outcome),
    onHopeless(line) {
      hopeless.push(line);
      ending.abort();
    },
  });
  return { done, outcomes, begunAt, hopeless };
}

describe("requests", () => {
  test("are never more at a time than is wanted", async () => {
    const stage = scene({ concurrency: 3 });
    let most = 0;
    const { done, outcomes } = crew(stage, 50, async (_, underWay) => {
      most = Math.max(most, underWay);
      await work(stage);
      return good;
    });
    await stage.clock.advance(1000);
    await done;
    expect([outcomes.length, most]).toEqual([50, 3]);
  });

  test("come at the rate that is wanted, and no faster after a pause", async () => {
    const stage = scene({ rate: 10 });
    const { done, begunAt } = crew(stage, 30, async () => good);
    await stage.clock.advance(5000);
    await done;
    expect(begunAt).toEqual(Array.from({ length: 30 }, (_, place) => place * 100));
  });

  test("wait for as long as the origin says, and come half as many at a time, then more again", async () => {
    const stage = scene({ concurrency: 4 });
    let isOverloaded = true;
    let most = 0;
    const { done, outcomes, begunAt } = crew(stage, 200, async (_, underWay) => {
      const then = isOverloaded;
      if (!then) most = Math.max(most, underWay);
      await work(stage);
      return then ? tooMuch("7") : good;
    });
    await stage.clock.advance(7009);
    expect(begunAt).toEqual([0, 0, 0, 0]);
    isOverloaded = false;
    await stage.clock.advance(6);
    expect(begunAt.slice(4)).toEqual([7010, 7015]);
    await stage.clock.advance(10_000);
    await done;
    expect(outcomes).toEqual(Array.from({ length: 200 }, () => good));
    expect(stage.slower).toEqual([
      "answered with 503: it waits for 7 s, and goes on with 2 at a time, 200 a second",
    ]);
    expect(most).toBe(4);
  });

  test("that the origin refuses four times have failed", async () => {
    const stage = scene({ concurrency: 1 });
    const { done, outcomes, begunAt } = crew(stage, 1, async () => tooMuch("1"));
    await stage.clock.advance(60_000);
    await done;
    expect([outcomes, begunAt]).toEqual([[tooMuch("1")], [0, 1000, 2000, 3000]]);
  });

  test("are given up when twenty in a row had no good answer", async () => {
    const stage = scene({ concurrency: 1 });
    const { done, outcomes, hopeless } = crew(stage, 100, async (number) => (number === 15 ? good : lost));
    await done;
    expect(hopeless).toEqual(["20 requests in a row had no good answer: it is given up"]);
    expect(outcomes).toHaveLength(35);
  });

  test("end at once when it is over, also those that wait", async () => {
    const stage = scene({ concurrency: 4 });
    const { done, begunAt } = crew(stage, 100, async () => {
      await work(stage);
      return tooMuch("100");
    });
    await stage.clock.advance(15);
    stage.ending.abort();
    await done;
    expect(begunAt).toHaveLength(4);
  });

  test("are no more where what became of one cannot be noted, which is told", async () => {
    const stage = scene({ concurrency: 1 });
    let asked = 0;
    async function* all() {
      for (let number = 0; number < 100; number++) yield { number } as unknown as Asked;
    }
    const done = askForAll({
      requests: readAhead(all(), 1000, stage.ending.signal),
      ...{ pace: stage.pace, concurrency: 1 },
      async ask() {
        asked += 1;
        return good;
      },
      onOutcome: () => {
        throw new Error("no space is left");
      },
      onHopeless: () => undefined,
    });
    await expect(done).rejects.toThrow("no space is left");
    expect(asked).toBe(1);
  });
});

describe("the pace", () => {
  /** The times at which so many enter, one after the other having asked at once. */
  function enter({ pace, clock }: ReturnType<typeof scene>, requests: number): number[] {
    const first = clock.steady();
    const at: number[] = [];
    for (let number = 0; number < requests; number++)
      void pace.enter().then((mayAsk) => mayAsk && at.push(clock.steady() - first));
    return at;
  }

  test("lets no more in than the origin bears, and the next when one has left", async () => {
    const stage = scene({ concurrency: 2, rate: 1000 });
    stage.pace.tooMuch(503, "1");
    const at = enter(stage, 3);
    await stage.clock.advance(5000);
    expect(at).toEqual([1000]);
    stage.pace.leave();
    await stage.clock.advance(1);
    expect(at).toEqual([1000, 5000]);
  });

  test("has those wait who would have come in the pause, and keeps them apart after it", async () => {
    const stage = scene({ rate: 2 });
    const at = enter(stage, 3);
    await stage.clock.advance(100);
    stage.pace.tooMuch(429, "10");
    await stage.clock.advance(30_000);
    expect(at).toEqual([0, 10_100, 11_100]);
  });

  test("tells of going slower once in ten seconds, though it does so each time", async () => {
    const stage = scene({ concurrency: 8, rate: 80 });
    for (let time = 0; time < 4; time++) {
      stage.pace.tooMuch(503, "1");
      await stage.clock.advance(4000);
    }
    expect(stage.slower).toEqual([
      "answered with 503: it waits for 1 s, and goes on with 4 at a time, 40.0 a second",
      "answered with 503: it waits for 1 s, and goes on with 1 at a time, 5.0 a second",
    ]);
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2025, 0, 1);
  test.each([
    [null, 2000],
    ["soon", 2000],
    ["0", 1000],
    ["30", 30_000],
    ["86400", 300_000],
    ["Wed, 01 Jan 2025 00:00:12 GMT", 12_000],
    ["Tue, 31 Dec 2024 00:00:00 GMT", 1000],
  ])("%p is a pause of %i ms", (field, milliseconds) => expect(pauseIn(field, now)).toBe(milliseconds));
});

describe("reading ahead", () => {
  test("stops where enough waits, goes on as it is taken, and knows how many there are at the end", async () => {
    let read = 0;
    async function* numbers() {
      for (; read < 5000; read++) yield read;
    }
    const ahead = readAhead(numbers(), 10, new AbortController().signal);
    const taken: (number | undefined)[] = [await ahead.next()];
    await new Promise(setImmediate);
    expect(read).toBe(10);
    expect(ahead.isWhole).toBe(false);
    for (let value = await ahead.next(); value !== undefined; value = await ahead.next()) taken.push(value);
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, place) => place));
    expect([ahead.known, ahead.isWhole]).toEqual([5000, true]);
  });

  test("tells what its source has thrown after what it gave", async () => {
    async function* broken() {
      yield 1;
      throw new Error("oops");
    }
    const ahead = readAhead(broken(), 10, new AbortController().signal);
    expect(await ahead.next()).toBe(1);
    await expect(ahead.next()).rejects.toThrow("oops");
  });

  test("ends who waits for a source that gives nothing", async () => {
    async function* silent() {
      await new Promise(() => undefined);
      yield 1;
    }
    const ending = new AbortController();
    const next = readAhead(silent(), 10, ending.signal).next();
    ending.abort();
    expect(await next).toBeUndefined();
  });
});
