import { describe, expect, test } from "bun:test";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { requestsRoutes } from "../../src/supervisor/admin/requests-routes.ts";
import type { Fleet } from "../../src/supervisor/fleet.ts";
import type { Follower } from "../../src/supervisor/following.ts";
import type { News } from "../../src/supervisor/request-feed.ts";

const request = { at: 0, target: "/\n\u001b[31m" } as News["requests"][number];

function openApp(news: readonly News[] = []) {
  const questions: unknown[] = [];
  const followed: string[] = [];
  const errors: string[] = [];
  let ended = 0;
  const left = [...news];
  const hold = { until: Promise.resolve() };
  const ask = async (question: object) => {
    questions.push(question);
    await hold.until;
    const answerAt = (at: number) => ({ answer: { requests: [{ ...request, at }] } });
    return [answerAt(1), answerAt(3), answerAt(2)];
  };
  const app = createAdminApp({
    routes: requestsRoutes({
      ask: ask as unknown as Fleet["ask"],
      async follow(where): Promise<Follower> {
        followed.push(where);
        return {
          next: async () => left.shift(),
          end() {
            ended += 1;
          },
        };
      },
      onError: (error) => errors.push(error.message),
    }),
    onError: (error) => errors.push(error.message),
  });
  return { app, hold, questions, followed, errors, left, ended: () => ended };
}

describe("GET /requests", () => {
  test("tells the newest of all workers, as many as are wanted", async () => {
    const { app, questions } = openApp();
    const answer = await app.request("/requests?where=cache%3DMISS&limit=2");
    expect(await answer.json()).toMatchObject({ requests: [{ at: 3 }, { at: 2 }] });
    expect(questions).toEqual([{ about: "requests", where: "cache=MISS", limit: 2 }]);
  });

  test("asks the workers for one after the other, of many who look at the same time", async () => {
    const { app, hold, questions } = openApp();
    const { promise, resolve } = Promise.withResolvers<void>();
    hold.until = promise;
    const answers = Promise.all(Array.from({ length: 40 }, async () => await app.request("/requests")));
    await Bun.sleep(0);
    expect(questions.length).toBe(1);
    resolve();
    const statuses = (await answers).map(({ status }) => status);
    expect(Map.groupBy(statuses, (status) => status).get(200)?.length).toBe(33);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });

  test.each([
    ["where=cash%3DMISS", /did you mean cache/],
    ["limit=0", /^limit: /],
    ["limit=10001", /^limit: /],
    ["limit=all", /^limit: it should be a number/],
  ])("is refused with ?%s, and no worker is asked", async (query, error) => {
    const { app, questions } = openApp();
    const answer = await app.request(`/requests?${query}`);
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringMatching(error) }]);
    expect(questions).toEqual([]);
  });
});

describe("GET /events", () => {
  test("of who has left before they begin, or leaves while there is nothing to tell, nobody waits for news", async () => {
    const leaving = new AbortController();
    for (const signal of [AbortSignal.abort(), leaving.signal]) {
      const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
      const app = createAdminApp({
        routes: requestsRoutes({
          ask: async () => [],
          follow: async () => ({ next: () => ended, end: () => end(undefined) }),
          onError: () => undefined,
        }),
        onError: () => undefined,
      });
      await app.request("/events", { signal });
      leaving.abort();
      await ended;
    }
  });

  test("is an event stream: requests, how many were too many, and a comment where there is nothing", async () => {
    const nothing = { requests: [], missed: 0 };
    const { app, followed, ended } = openApp([{ requests: [request], missed: 4 }, nothing]);
    const answer = await app.request("/events?where=status%3D5xx");
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await answer.text()).split("\n\n")).toEqual([
      ": from here on",
      'event: request\ndata: {"at":0,"target":"/\\n\\u001b[31m"}',
      'event: missed\ndata: {"count":4}',
      ": nothing",
      "event: end\ndata: {}",
      "",
    ]);
    expect([followed, ended()]).toEqual([["status=5xx"], 1]);
  });

  test("ends the following when its reader leaves", async () => {
    const endless = Array.from({ length: 10 }, () => ({ requests: [request], missed: 0 }));
    const { app, ended } = openApp(endless);
    const answer = await app.request("/events");
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(ended()).toBeGreaterThan(0);
  });

  test("waits for its reader before it asks for more", async () => {
    const news = Array.from({ length: 50 }, () => ({ requests: [request], missed: 0 }));
    const { app, left } = openApp(news);
    const answer = await app.request("/events");
    const reader = answer.body?.getReader();
    await reader?.read();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(left.length).toBeGreaterThan(40);
    await reader?.cancel();
  });

  test("is refused where it is not understood which requests, and nobody follows", async () => {
    const { app, followed } = openApp();
    expect((await app.request("/events?where=x")).status).toBe(400);
    expect(followed).toEqual([]);
  });
});
