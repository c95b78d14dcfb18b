import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type FrameSize, frame } from "../../../src/cli/top/frame.ts";
import { cellsOf } from "../../../src/cli/top/rates-block.ts";
import { busy, idle } from "./sample.ts";

const drawn = (size: FrameSize, top = busy, lost: string | null = null) => frame({ top, lost }, size, false);
const boldOrColoured = new RegExp(`${"\x1b"}\\[(1|3\\d)m`);
const usual = { columns: 80, rows: 24 };

test("a busy proxy on the usual terminal", () => {
  expect(drawn(usual)).toEqual([
    " cacheproxy  up 3 d 4 h, 12,345 stored, 1.1 GB of 10.0 GB          07:06:02 UTC",
    "",
    "                    10 s        100 s       1000 s   Workers    requests    CPU",
    " requests        1,222/s      1,222/s      1,222/s   1             640/s   45 %",
    " to origin        45.0/s       45.0/s       45.0/s   2 wait…†3         –      –",
    " from cache       97.3 %       97.3 %       97.3 %",
    "   by bytes       91.7 %       91.7 %       91.7 %",
    " sent          11.4 MB/s    11.4 MB/s    11.4 MB/s",
    "",
    "  ▁▂▄█▆  1 min of requests, at most 1,000/s",
    " █████████████████████████████████████████████████████████████████████████▒░░░×",
    " █ HIT 95.8 %   ▒ REVALIDATED 1.0 %   ░ MISS 2.5 %   ░ PASS 0.7 %",
    "",
    " What costs the origin time                           asked       time    share",
    " miss → set-cookie                                    1,204     34.2 s   61.7 %",
    " revalidate-stale → revalidated                         800     20.1 s   36.3 %",
    "",
    " Slowest at the origin                              asked       mean    longest",
    " shop.example/cart                                    450    66.7 ms    3200 ms",
    " shop.example/search                                  380    68.4 ms    1600 ms",
    "",
    " Missed most                                    misses  why, the last time",
    " https://shop.example/cart?session=abc&x=1         450  set-cookie",
    " https://shop.example/search?q…+long+&page=12      380  no-lifetime",
  ]);
});

test("on a wide and high one lists stand beside each other, and the workers' memory is seen", () => {
  const lines = drawn({ columns: 160, rows: 45 });
  const line = (start: string) => lines.find((each) => each.trimStart().startsWith(start)) ?? "";
  expect(line("10 s")).toEndWith("Workers                 requests    CPU     memory");
  expect(line("requests")).toEndWith("1                          640/s   45 %   200.3 MB");
  expect(line("What costs")).toContain("share    Slowest at the origin");
  expect(line("method-not-cached  ")).toMatch(/ 2\.0 % +安宁\.example\/安+…安+ +9 +100 ms +200 ms$/);
  expect(lines.join("\n")).toMatch(/ shop\.example\/\\u001b\[31mred +3 +100 ms +150 ms\n/);
  expect(line("https://shop.example/search")).toContain(`q=${"long+".repeat(10)}`);
});

test("one that has just begun is shown in the same order", () => {
  expect(drawn(usual, idle)).toEqual([
    " cacheproxy  up 1 s, 0 stored, 0 B of 1.0 GB                       07:06:02 UTC",
    "",
    "                    10 s        100 s       1000 s   Workers    requests    CPU",
    " requests              –            –            –   1                 –      –",
    " to origin             –            –            –",
    " from cache            –            –            –",
    "   by bytes            –            –            –",
    " sent                  –            –            –",
    "",
    " the history of requests begins in a moment",
    " no request was answered of late",
    "",
    "",
    " What costs the origin time                           asked       time    share",
    " nothing of late",
    "",
    " Slowest at the origin                              asked       mean    longest",
    " nothing of late",
    "",
    " Missed most                                    misses  why, the last time",
    " nothing of late",
  ]);
});

test("what is shown of a proxy that is lost is old, and says so", () => {
  const size = { columns: 100, rows: 24 };
  const lines = frame({ top: busy, lost: "no cacheproxy is running" }, size, true);
  expect(lines[0]).toContain("waiting: no cacheproxy is running");
  expect(lines[0]).toContain("as of 07:06:02 UTC");
  expect(lines.slice(1).join("\n")).not.toMatch(boldOrColoured);
  expect(frame({ top: busy, lost: null }, size, true).join("\n")).toMatch(boldOrColoured);
});

test("of many workers those that do not serve are seen first, and how many there is no room for", () => {
  const workers = Array.from({ length: 12 }, (_, place) => ({
    ...{ number: place + 1, deaths: 0 },
    state: place === 8 ? "starting" : "ready",
  }));
  const shown = drawn({ columns: 120, rows: 24 }, { ...busy, workers }).map((line) =>
    line.slice(52, 80).trim(),
  );
  expect(shown.slice(3, 8).map((line) => line.split("  ")[0])).toEqual([
    "9 starting",
    "1",
    "2",
    "3",
    "8 more",
  ]);
});

describe("whatever the size of the terminal", () => {
  test("no line is wider, there are no more lines, and none has spaces at its end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 80 }), (columns, rows) => {
        for (const top of [busy, idle]) {
          for (const lost of [null, "no cacheproxy of yours is running"]) {
            const lines = drawn({ columns, rows }, top, lost);
            expect(lines.length).toBeLessThanOrEqual(rows);
            for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
            for (const line of lines) expect(line).toBe(line.trimEnd());
          }
        }
      }),
    );
  });

  test("without an end, ten of each list", () => {
    const missed = Array.from({ length: 30 }, (_, place) => ({ url: `/${place}`, times: 1, reason: "miss" }));
    const lines = drawn({ columns: 80, rows: null }, { ...busy, missed });
    expect(lines.filter((line) => /^ \/\d/.test(line))).toHaveLength(10);
    expect(lines.at(-1)).toStartWith(" /9 ");
  });
});

test("nothing that a client or the origin wrote moves the cursor or colours the terminal", () => {
  for (const line of drawn({ columns: 160, rows: null })) expect(line).not.toContain("\x1b");
});

describe("parts of a bar", () => {
  test.each([
    [[1], 10, [10]],
    [[1, 1], 5, [2, 3]],
    [[999, 1], 10, [9, 1]],
    [[0, 5], 4, [0, 4]],
    [[1, 1, 1], 2, [0, 1, 1]],
    [[1, 1, 1], 10, [4, 3, 3]],
  ])("%j in %d cells: %j", (parts, width, cells) => {
    expect(cellsOf(parts, width)).toEqual(cells);
  });
});
