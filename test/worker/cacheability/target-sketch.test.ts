import { expect, test } from "bun:test";
import { createTargetSketch } from "../../../src/worker/cacheability/target-sketch.ts";
import { asked } from "./asked.ts";

function urlsIn(sketch: ReturnType<typeof createTargetSketch>): string[] {
  return sketch.costliest(10).map(({ url }) => url.replace("http://shop.example", ""));
}

test("a target is told with all its requests, those that came again, clients, bodies and what it looked like", () => {
  const sketch = createTargetSketch(10);
  const origin = (etag: string) => ({ status: 200, framing: "length", fields: [["etag", etag]] }) as const;
  sketch.add(asked({ origin: origin("1"), client: "192.0.2.1" }), false);
  sketch.add(asked({ origin: origin("1"), client: "192.0.2.2", firstByteMilliseconds: 10 }), true);
  sketch.add(asked({ origin: origin("2"), client: "192.0.2.2", firstByteMilliseconds: 10 }), true);
  expect(sketch.costliest(10)).toEqual([
    {
      ...{ site: "shop", forwarded: "miss", reason: "set-cookie", url: "http://shop.example/cart" },
      all: { requests: 3, bytes: 300, milliseconds: 60 },
      again: { requests: 2, bytes: 200, milliseconds: 20 },
      ...{ clients: 2, bodies: 2 },
      evidence: {
        ...{ method: "GET", status: 200, requestFields: [] },
        responseFields: [["etag", "1"]],
      },
    },
  ]);
});

test("evidence is of the fourth request when there were four: what comes often is looked at ever more seldom", () => {
  const sketch = createTargetSketch(10);
  for (const status of [201, 202, 203, 204, 205])
    sketch.add(asked({ origin: { status, framing: "length", fields: [] } }), true);
  expect(sketch.costliest(1)[0]?.evidence.status).toBe(204);
});

test("the same target is told for each cause, and for each scheme", () => {
  const sketch = createTargetSketch(10);
  for (const said of [
    {},
    { reason: "no-lifetime" },
    { forwarded: "vary-miss" },
    { protocol: "https" },
  ] as const)
    sketch.add(asked(said), true);
  expect(sketch.costliest(10).length).toBe(4);
});

test("the costliest of what came again are told first, by the time that was waited for them", () => {
  const sketch = createTargetSketch(10);
  sketch.add(asked({ target: "/once", firstByteMilliseconds: 9_000 }), false);
  sketch.add(asked({ target: "/slow", firstByteMilliseconds: 500 }), true);
  for (let time = 0; time < 30; time += 1)
    sketch.add(asked({ target: "/quick", firstByteMilliseconds: 1 }), true);
  expect(urlsIn(sketch)).toEqual(["/slow", "/quick", "/once"]);
});

test("of any number of targets those that come often are kept, and those that come once take nobody's place", () => {
  const sketch = createTargetSketch(4);
  for (let place = 0; place < 1000; place += 1) {
    sketch.add(asked({ target: `/once/${place}` }), false);
    sketch.add(asked({ target: `/twice/${place}` }), true);
    if (place % 2 === 0) sketch.add(asked({ target: "/often" }), true);
  }
  const told = sketch.costliest(10);
  expect(told.length).toBe(4);
  expect(told.map(({ url }) => url)).toContain("http://shop.example/often");
  expect(told.filter(({ url }) => url.includes("/once/")).length).toBe(0);
});

test("what has taken another's place is not told with its requests", () => {
  const sketch = createTargetSketch(1);
  for (let time = 0; time < 5; time += 1) sketch.add(asked({ target: "/former" }), true);
  sketch.add(asked({ target: "/next" }), true);
  expect(sketch.costliest(1)).toMatchObject([{ url: "http://shop.example/next", again: { requests: 1 } }]);
});

test("a target for whose length no rule could be written is left out", () => {
  const sketch = createTargetSketch(4);
  sketch.add(asked({ target: `/${"a".repeat(16_000)}` }), true);
  expect(sketch.costliest(1)).toEqual([]);
});

test("clients are counted up to 64", () => {
  const sketch = createTargetSketch(4);
  for (let client = 0; client < 200; client += 1) sketch.add(asked({ client: `192.0.2.${client}` }), true);
  sketch.add(asked({ client: null }), true);
  expect(sketch.costliest(1)[0]?.clients).toBe(64);
});
