import { describe, expect, test } from "bun:test";
import { requestFilter } from "../../src/control/request-filter.ts";
import { conditionFor, examples, isPartOf, narrowed, widened } from "../../src/page/requests/conditions.ts";
import { hear } from "../../src/page/requests/news.ts";
import { mostRows, withNews } from "../../src/page/requests/rows.ts";
import { recorded } from "./recorded.ts";

function request(id: string, at: number) {
  return { ...recorded, id, at };
}

describe("the requests that are shown", () => {
  test("are the newest first, also where they come in another order", () => {
    const shown = withNews([request("1-1", 20)], [request("2-1", 10), request("1-2", 30)]);
    expect(shown.map(({ id }) => id)).toEqual(["1-2", "1-1", "2-1"]);
  });

  test("are each there once, but for one of a worker that was started anew", () => {
    const shown = withNews([request("1-1", 20)], [request("1-1", 20), request("1-1", 90)]);
    expect(shown.map(({ at }) => at)).toEqual([90, 20]);
  });

  test("are so many at the most, and the oldest go", () => {
    const many = Array.from({ length: mostRows }, (_, index) => request(`1-${index}`, index));
    const shown = withNews(many, [request("2-1", mostRows)]);
    expect(shown).toHaveLength(mostRows);
    expect([shown.at(0)?.id, shown.at(-1)?.id]).toEqual(["2-1", "1-1"]);
  });

  test("are the same object when nothing has come", () => {
    const shown = [request("1-1", 1)];
    expect(withNews(shown, [])).toBe(shown);
  });
});

describe("conditions", () => {
  test.each([...examples])("%p is one that the filter understands", (example) => {
    expect(() => requestFilter(example)).not.toThrow();
  });

  test("replace what was said of the same, and stand beside what was said of others", () => {
    expect(narrowed("  cache=MISS  ms>200 cache!=HIT", "cache=PASS")).toBe("ms>200 cache=PASS");
    expect(narrowed("", "cache=PASS")).toBe("cache=PASS");
    expect(narrowed("not-known first-byte>1", "first-byte>2")).toBe("not-known first-byte>2");
  });

  test("are taken away as they were added", () => {
    expect(isPartOf("ms>200 cache=PASS", "cache=PASS")).toBe(true);
    expect(isPartOf("ms>200 cache=PASSED", "cache=PASS")).toBe(false);
    expect(widened("ms>200 cache=PASS", "cache=PASS")).toBe("ms>200");
  });

  test.each([
    ["site", "shop", "site=shop"],
    ["path", "/a-b_c.png", "path=/a-b_c.png"],
    ["path", "/a b", undefined],
    ["path", "/a*", undefined],
    ["path", "/a?b", undefined],
    ["host", "a,b", undefined],
    ["site", "", undefined],
  ])("are made of %p and %p only where they mean just that", (name, value, condition) => {
    expect(conditionFor(name, value)).toBe(condition as string);
    if (condition !== undefined) {
      const like = { ...recorded, site: value, target: value };
      expect(requestFilter(condition)(like)).toBe(true);
    }
  });
});

describe("what is heard of requests as they happen", () => {
  async function heard(...pieces: string[]) {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece));
        controller.close();
      },
    });
    const told: unknown[] = [];
    await hear(body, { onRequest: ({ id }) => told.push(id), onMissed: (count) => told.push(count) });
    return told;
  }

  test("is each request and how many are missed, wherever the stream was cut", async () => {
    const event = `event: request\ndata: ${JSON.stringify(recorded)}\n\n`;
    const text = `: from here on\n\n${event}: nothing\n\nevent: missed\ndata: {"count":3}\n\n`;
    for (const cut of [0, 5, 30, text.length - 1])
      expect(await heard(text.slice(0, cut), text.slice(cut))).toEqual(["1-1", 3]);
  });

  test("ends with the proxy", async () => {
    expect(await heard('event: end\ndata: {}\n\nevent: missed\ndata: {"count":3}\n\n')).toEqual([]);
  });
});
