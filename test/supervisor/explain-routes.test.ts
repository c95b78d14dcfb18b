import { describe, expect, test } from "bun:test";
import type { ExplainRequest, Explanation } from "../../src/control/explanation.ts";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { explainRoutes } from "../../src/supervisor/admin/explain-routes.ts";
import { explainBy } from "../../src/supervisor/explaining.ts";
import type { Fleet } from "../../src/supervisor/fleet.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { factsLike } from "../serve/explain/samples.ts";

const explanation: Explanation = { ...factsLike(), steps: [], advice: [] };

function openApp(explain?: () => Promise<Explanation>) {
  const asked: ExplainRequest[] = [];
  const routes = explainRoutes({
    explain:
      explain ??
      (async (request) => {
        asked.push(request);
        return explanation;
      }),
  });
  const app = createAdminApp({ routes, onError: () => undefined });
  return { app, asked };
}

describe("GET /explain", () => {
  test.each<readonly [string, Partial<ExplainRequest>]>([
    ["url=/a", { url: "/a", method: "GET", fields: [], from: null, fetch: false }],
    [
      "url=http%3A%2F%2Fshop.example%2Fa%3Fb&method=HEAD&fetch=1",
      { url: "http://shop.example/a?b", method: "HEAD", fetch: true },
    ],
    [
      "url=/a&header=Cookie:%20lang%3Dde&header=X-Kind:a:b&header=Empty:",
      {
        fields: [
          ["Cookie", "lang=de"],
          ["X-Kind", "a:b"],
          ["Empty", ""],
        ],
      },
    ],
    ["url=/a&from=2001:db8::1", { from: "2001:db8::1" }],
    ["url=/a&method=POST", { method: "POST", fetch: false }],
  ])("%s is asked of a worker", async (query, request) => {
    const { app, asked } = openApp();
    const response = await app.request(`/explain?${query}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(explanation);
    expect(asked).toMatchObject([request]);
  });

  test.each([
    ["", "url: "],
    ["url=shop.example", 'url: should be a URL such as "http://shop.example/cart", or a path'],
    ["url=ftp://shop.example/", "url: should be"],
    ["url=http://", "url: should be"],
    ["url=/a&method=GE%20T", "method: should be a method such as GET"],
    ["url=/a&url=/b", "url: it should be there once, not 2 times"],
    ["url=/a&fetch=0&fetch=1&fetch=1", "fetch: it should be there once, not 3 times"],
    ["url=/a&header=%20:b", 'header: " :b" should be such as "Cookie: lang=de"'],
    ["url=/a&header=nonsense", 'header: "nonsense" should be such as "Cookie: lang=de"'],
    ["url=/a&header=a%20b:c", "header: should be the name of a field such as Cookie"],
    ["url=/a&header=a:b%0D%0Ac:d", "header: should be the value of a field, on one line"],
    ["url=/a&from=somewhere", "from: should be an address such as 192.0.2.7"],
    ["url=/a&fetch=yes", "fetch: "],
    ["url=/a&fetch=1&method=POST", "fetch asks the origin for real; it should be with GET or HEAD, not POST"],
  ])("%s is refused in one line that says what would be right", async (query, refusal) => {
    const { app, asked } = openApp();
    const response = await app.request(`/explain?${query}`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toStartWith(refusal);
    expect(error).not.toContain("\n");
    expect(asked).toEqual([]);
  });

  test("where no worker can tell, it is 503", async () => {
    const { app } = openApp(() => Promise.reject(new FleetError("no worker says it")));
    expect((await app.request("/explain?url=/a")).status).toBe(503);
  });
});

describe("explaining", () => {
  const request: ExplainRequest = { url: "/a", method: "GET", fields: [], from: null, fetch: true };
  const told = { about: "explain", explanation } as const;

  /** Workers with these numbers, of which those answer; `fetching` has who was asked to ask the origin. */
  function workersOf(numbers: readonly number[], answering = numbers, isFetchSilent = false) {
    const fetching: number[] = [];
    const never = new Promise<never>(() => undefined);
    return {
      fetching,
      status: () => numbers.map((number) => ({ number, pid: number, state: "ready" as const, deaths: 0 })),
      askOne: async (worker: number, { asked }: { asked: ExplainRequest }) => {
        if (asked.fetch) fetching.push(worker);
        if (asked.fetch && isFetchSilent) return undefined as never;
        return (await (answering.includes(worker) ? told : never)) as never;
      },
    } as Pick<Fleet, "askOne" | "status"> & { fetching: number[] };
  }

  test("one that hangs is not waited for, and the origin is asked by one that has shown that it answers", async () => {
    const workers = workersOf([1, 2, 3], [2]);
    expect(await explainBy(workers, request)).toEqual(explanation);
    expect(workers.fetching).toEqual([2]);
  });

  test("without fetch nobody asks the origin", async () => {
    const workers = workersOf([1]);
    await explainBy(workers, { ...request, fetch: false });
    expect(workers.fetching).toEqual([]);
  });

  test.each([
    ["is there", workersOf([])],
    ["answers in time when the origin is asked", workersOf([1], [1], true)],
  ])("that no worker %s is told as such", async (_, workers) => {
    await expect(explainBy(workers, request)).rejects.toBeInstanceOf(FleetError);
  });

  test("why none can tell is what the first has said", async () => {
    const refusal = new FleetError("the worker says: why");
    const workers = { ...workersOf([1, 2]), askOne: () => Promise.reject(refusal) };
    await expect(explainBy(workers, request)).rejects.toBe(refusal);
  });
});
