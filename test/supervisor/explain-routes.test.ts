import { describe, expect, test } from "bun:test";
import type { ExplainRequest, Explanation } from "../../src/control/explanation.ts";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { explainRoutes } from "../../src/supervisor/admin/explain-routes.ts";
import { explainBy } from "../../src/supervisor/explaining.ts";
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

  /** Workers of which those with these numbers answer; `asked` has who was asked to ask the origin. */
  function fleetOf(numbers: readonly number[], isSilent = false) {
    const fetching: number[] = [];
    return {
      fetching,
      ask: async () => numbers.map((worker) => ({ worker, answer: told })) as never,
      askOne: async (worker: number) => {
        fetching.push(worker);
        return (isSilent ? undefined : told) as never;
      },
    };
  }

  test("the origin is asked by one worker, which has shown that it answers", async () => {
    const fleet = fleetOf([2, 3]);
    expect(await explainBy(fleet, request)).toEqual(explanation);
    expect(fleet.fetching).toEqual([2]);
  });

  test("without fetch nobody asks the origin", async () => {
    const fleet = fleetOf([1]);
    await explainBy(fleet, { ...request, fetch: false });
    expect(fleet.fetching).toEqual([]);
  });

  test.each([
    ["that answers at all", fleetOf([])],
    ["that answers in time", fleetOf([1], true)],
  ])("no worker %s is told as such", async (_, fleet) => {
    await expect(explainBy(fleet, request)).rejects.toBeInstanceOf(FleetError);
  });
});
