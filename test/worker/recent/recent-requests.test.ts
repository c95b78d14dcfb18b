import { expect, test } from "bun:test";
import type { Site } from "../../../src/sites/site.ts";
import { createRecentRequests } from "../../../src/worker/recent/recent-requests.ts";
import { createRequestRing } from "../../../src/worker/recent/ring.ts";

const site = { name: "" } as Site;

function open(size = 2_000) {
  const ring = createRequestRing({ workerNumber: 1, size, lead: () => 0 });
  let meanwhile: () => void = () => undefined;
  let turns = 0;
  const recent = createRecentRequests({
    ring,
    life: "this",
    async nextTurn() {
      turns += 1;
      meanwhile();
    },
  });
  return {
    recent,
    request(...targets: string[]) {
      for (const target of targets) ring.hit(site, { host: "a", protocol: "http" }, target, 200, 0, 0);
    },
    many(count: number) {
      for (let each = 0; each < count; each++) this.request(`/${each}`);
    },
    /** What else happens whenever others have their turn. */
    onTurn(work: () => void) {
      meanwhile = work;
    },
    turns: () => turns,
  };
}

const targetsOf = ({ requests }: { readonly requests: readonly { readonly target: string }[] }) =>
  requests.map(({ target }) => target);

test("the last are told, the newest first, as many as are wanted of those that are so", async () => {
  const { recent, request } = open();
  request("/a", "/b", "/a?2", "/a?3");
  expect(targetsOf(await recent.last({ where: "path=/a", limit: 2 }))).toEqual(["/a?3", "/a?2"]);
});

test("others have a turn while many are looked through, and what they overwrite meanwhile is not told", async () => {
  const scene = open(2_000);
  scene.many(2_000);
  scene.onTurn(() => scene.many(600));
  const { requests } = await scene.recent.last({ where: "", limit: 10_000 });
  expect(scene.turns()).toBeGreaterThan(1);
  expect(new Set(requests.map(({ id }) => id)).size).toBe(requests.length);
  expect(requests.length).toBeLessThan(2_000);
});

test("who begins to follow is told how far requests go, and none of them", async () => {
  const { recent, request } = open();
  request("/a");
  expect(await recent.since({ where: "", limit: 5, positions: null })).toEqual({
    about: "newRequests",
    requests: [],
    position: { life: "this", before: 1 },
    missed: 0,
  });
});

test("who follows is told what came since, in order, once", async () => {
  const { recent, request } = open();
  request("/a", "/b");
  const first = await recent.since({ where: "", limit: 5, positions: [{ life: "this", before: 1 }] });
  request("/c");
  const second = await recent.since({ where: "", limit: 5, positions: [first.position] });
  expect([targetsOf(first), targetsOf(second)]).toEqual([["/b"], ["/c"]]);
});

test("a worker that has come meanwhile is told from its first request on", async () => {
  const { recent, request } = open();
  request("/a");
  const positions = [{ life: "another", before: 7 }];
  expect(targetsOf(await recent.since({ where: "", limit: 5, positions }))).toEqual(["/a"]);
});

test("what was overwritten, and what is beyond the limit, is counted", async () => {
  const { recent, request } = open(3);
  request("/1", "/2", "/3", "/4", "/5");
  const told = await recent.since({ where: "", limit: 2, positions: [{ life: "this", before: 0 }] });
  expect([targetsOf(told), told.missed]).toEqual([["/4", "/5"], 3]);
});

test("what is overwritten while it is looked through is counted, too", async () => {
  const scene = open(1_000);
  scene.many(1_000);
  scene.onTurn(() => scene.many(700));
  const told = await scene.recent.since({
    where: "",
    limit: 10_000,
    positions: [{ life: "this", before: 0 }],
  });
  expect(told.requests.length + told.missed).toBe(1_000);
  expect(told.missed).toBeGreaterThan(0);
});

test("of who ask at the same time one is told after the other, with turns of others between", async () => {
  const scene = open(2_000);
  scene.many(2_000);
  const asked = Array.from({ length: 5 }, () => scene.recent.last({ where: "path=/none", limit: 5 }));
  await asked[0];
  // It took four; the second has just begun, and the others have not.
  expect(scene.turns()).toBeLessThan(8);
  await Promise.all(asked);
  expect(scene.turns()).toBe(20);
});
