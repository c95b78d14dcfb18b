import { expect, test } from "bun:test";
import type { Position, RecordedRequest } from "../../src/control/requests.ts";
import type { AnswerAbout } from "../../src/control/worker-questions.ts";
import type { Fleet, Told } from "../../src/supervisor/fleet.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { createFollowing } from "../../src/supervisor/following.ts";
import { createFakeClock, watch } from "./fake-clock.ts";

type Answer = AnswerAbout<"newRequests">;

function request(id: string, at: number): RecordedRequest {
  return {
    ...{ id, at, site: "", cache: "HIT", reason: "hit-fresh", forwarded: null, status: 200, method: "GET" },
    ...{ protocol: "http", host: "a", target: "/", isCut: false, bytes: 0, milliseconds: 0 },
    ...{ firstByteMilliseconds: 0, client: null },
  };
}

/** Workers that answer with what the test has put there. */
function openScene() {
  const clock = createFakeClock();
  const asked: (readonly Position[] | null)[] = [];
  const limits: number[] = [];
  let answers: Answer[] = [];
  const ask = async (question: { about: string; positions?: Position[] | null; limit?: number }) => {
    limits.push(question.limit ?? 0);
    asked.push(question.positions ?? null);
    const told: Told<Answer>[] = answers.map((answer, place) => ({ worker: place + 1, answer }));
    answers = answers.map(({ position }) => answer(position, []));
    return told;
  };
  return {
    clock,
    asked,
    limits,
    following: createFollowing({ ask: ask as unknown as Fleet["ask"] }, clock),
    answerWith(...next: Answer[]) {
      answers = next;
    },
  };
}

function answer(position: Position, requests: RecordedRequest[], missed = 0): Answer {
  return { about: "newRequests", requests, position, missed };
}

const positionOf = (life: string, before: number): Position => ({ life, before });
test("who wants less at a time has each worker asked for no more, and others for what they want", async () => {
  const { clock, following, limits } = openScene();
  const [few, many] = [await following.follow("", 25), await following.follow("")];
  expect(limits).toEqual([25, 500]);
  const next = [few.next(), many.next()];
  await clock.advance(250);
  expect(limits).toEqual([25, 500, 25, 500]);
  few.end();
  many.end();
  await Promise.all(next);
});

const idsOf = (news: { readonly requests: readonly RecordedRequest[] } | undefined) =>
  news?.requests.map(({ id }) => id);

test("news are of all workers in the order in which they came, from where each was last asked", async () => {
  const { clock, following, asked, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []), answer(positionOf("b", 7), []));
  const follower = await following.follow("");
  answerWith(
    answer(positionOf("a", 7), [request("1-6", 10), request("1-7", 30)], 2),
    answer(positionOf("b", 8), [request("2-8", 20)], 1),
  );
  const next = follower.next();
  await clock.advance(250);
  const news = await next;
  expect([idsOf(news), news?.missed]).toEqual([["1-6", "2-8", "1-7"], 3]);
  expect(asked).toEqual([null, [positionOf("a", 5), positionOf("b", 7)]]);
});

test("while nothing comes nobody is told but that there is nothing, every 15 seconds", async () => {
  const { clock, following, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []));
  const follower = await following.follow("");
  const next = follower.next();
  const waiting = watch(next);
  await clock.advance(14_000);
  expect(waiting.settled).toBe(false);
  await clock.advance(1_250);
  expect(await next).toEqual({ requests: [], missed: 0 });
});

test("of a worker that says nothing at first the past is not told, of one that comes later everything", async () => {
  const { clock, following, answerWith } = openScene();
  const follower = await following.follow("");
  const [past, since] = [request("1-1", clock.now() - 5_000), request("1-2", clock.now() + 100)];
  answerWith(answer(positionOf("a", 2), [past, since]));
  const next = follower.next();
  await clock.advance(250);
  expect(idsOf(await next)).toEqual(["1-2"]);
});

test("who is slow to ask keeps nobody: workers are asked only when it wants more", async () => {
  const { clock, following, asked, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []));
  await following.follow("");
  await clock.advance(60_000);
  expect(asked).toEqual([null]);
});

test("it ends at once when cacheproxy stops, and nobody begins after that", async () => {
  const { following, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []));
  const follower = await following.follow("");
  const next = follower.next();
  following.stop();
  expect(await next).toBeUndefined();
  await expect(following.follow("")).rejects.toThrow("cacheproxy is stopping");
});

test("32 follow at once; one more may when another has ended", async () => {
  const { following } = openScene();
  const followers = await Promise.all(Array.from({ length: 32 }, () => following.follow("")));
  await expect(following.follow("")).rejects.toThrow("32 follow the requests already");
  followers[0]?.end();
  expect(await following.follow("")).toBeDefined();
});

test("what is known of workers that have ended does not grow without end", async () => {
  const { clock, following, asked, answerWith } = openScene();
  const follower = await following.follow("");
  for (let life = 0; life < 1_500; life++) {
    answerWith(answer(positionOf(`life ${life}`, 1), [], 1));
    const next = follower.next();
    await clock.advance(250);
    await next;
  }
  expect(asked.at(-1)?.length).toBe(1_024);
});

test("of all who follow the same the workers are asked once, and each hears everything", async () => {
  const { clock, following, asked, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []));
  const followers = await Promise.all(Array.from({ length: 20 }, () => following.follow("")));
  const before = asked.length;
  answerWith(answer(positionOf("a", 6), [request("1-6", 10)]));
  const news = Promise.all(followers.map((follower) => follower.next()));
  await clock.advance(250);
  expect((await news).map(idsOf)).toEqual(Array(20).fill(["1-6"]));
  expect(asked.length - before).toBe(1);
});

test("what came before somebody joined is told to those who were there, and not to the one who joins", async () => {
  const { clock, following, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []));
  const first = await following.follow("");
  answerWith(answer(positionOf("a", 6), [request("1-6", 10)]));
  const second = await following.follow("");
  answerWith(answer(positionOf("a", 7), [request("1-7", 20)]));
  expect(idsOf(await first.next())).toEqual(["1-6"]);
  const news = second.next();
  await clock.advance(250);
  expect(idsOf(await news)).toEqual(["1-7"]);
});

test("those who follow different things share what the workers tell at a time", async () => {
  const { clock, following, limits, answerWith } = openScene();
  answerWith(answer(positionOf("a", 5), []));
  const followers = await Promise.all(["a", "b", "c", "d"].map((site) => following.follow(`site=${site}`)));
  limits.length = 0;
  const news = followers.map((follower) => follower.next());
  await clock.advance(250);
  expect(limits).toEqual([250, 250, 250, 250]);
  following.stop();
  await Promise.all(news);
});

test("for one who is slow 2,000 are kept while another reads on; the older ones are counted", async () => {
  const { clock, following, answerWith } = openScene();
  answerWith(answer(positionOf("a", 0), []));
  const [slow, quick] = [await following.follow(""), await following.follow("")];
  for (let round = 0; round < 3; round++) {
    const requests = Array.from({ length: 1_000 }, (_, count) =>
      request(`1-${round * 1_000 + count}`, count),
    );
    answerWith(answer(positionOf("a", (round + 1) * 1_000), requests));
    const news = quick.next();
    await clock.advance(250);
    expect((await news)?.requests.length).toBe(1_000);
  }
  const news = await slow.next();
  expect([news?.requests.length, news?.requests[0]?.id, news?.missed]).toEqual([2_000, "1-1000", 1_000]);
});

test("who could not begin to follow takes nobody's place", async () => {
  const clock = createFakeClock();
  let isSilent = true;
  const ask = async () => {
    if (isSilent) throw new FleetError("a worker cannot tell");
    return [];
  };
  const following = createFollowing({ ask }, clock);
  for (let attempt = 0; attempt < 40; attempt++)
    await expect(following.follow("")).rejects.toThrow("a worker cannot tell");
  isSilent = false;
  expect(await following.follow("")).toBeDefined();
});
