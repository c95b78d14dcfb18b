import { describe, expect, test } from "bun:test";
import { visible, visibleJsonLines } from "../../src/control/visible-text.ts";
import { formatJson, formatPretty, type LogRecord } from "../../src/worker/log-format.ts";

const record: LogRecord = {
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  cache: "HIT",
  status: 200,
  method: "GET",
  target: "/a.css?v=1",
  bytes: 1536,
  milliseconds: 0.25,
  firstByteMilliseconds: 0.2,
  protocol: "http",
  reason: "hit-fresh",
};

describe("a pretty line", () => {
  const cases: [Partial<LogRecord>, string][] = [
    [{}, "03:04:05.006 HIT         200 GET       1.5 kB  0.25 ms /a.css?v=1 hit-fresh"],
    [{ cache: "REVALIDATED" }, "03:04:05.006 REVALIDATED 200 GET       1.5 kB  0.25 ms /a.css?v=1 hit-fresh"],
    [{ reason: "" }, "03:04:05.006 HIT         200 GET       1.5 kB  0.25 ms /a.css?v=1"],
    [
      { method: "PROPFIND", bytes: 0, milliseconds: 61_234 },
      "03:04:05.006 HIT         200 PROPFIND      0 B   61.2 s /a.css?v=1 hit-fresh",
    ],
  ];
  test.each(cases)("%j", (change, line) => {
    expect(formatPretty({ ...record, ...change }, false)).toBe(line);
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 kB"],
    [1024 * 1024 - 1, "1.0 MB"],
    [5.5 * 1024 ** 3, "5.5 GB"],
    [3 * 1024 ** 5, "3072.0 TB"],
  ])("shows %d bytes as %s", (bytes, shown) => {
    expect(formatPretty({ ...record, bytes }, false)).toContain(` ${shown} `);
  });

  test.each([
    [0, "0.00 ms"],
    [9.994, "9.99 ms"],
    [9.996, "10.0 ms"],
    [99.94, "99.9 ms"],
    [99.96, "100 ms"],
    [9999.4, "9999 ms"],
    [9999.6, "10.0 s"],
  ])("shows %d milliseconds as %s", (milliseconds, shown) => {
    expect(formatPretty({ ...record, milliseconds }, false)).toContain(` ${shown} `);
  });

  test("names the site before the target, where it has a name", () => {
    const [line, json] = [
      formatPretty({ ...record, site: "shop" }, false),
      formatJson({ ...record, site: "shop" }),
    ];
    expect(line).toContain(" shop /a.css?v=1 ");
    expect(JSON.parse(json)).toMatchObject({ site: "shop", target: "/a.css?v=1" });
  });

  test("has the same text with colours and without", () => {
    const coloured = formatPretty(record, true);
    expect(coloured).not.toBe(formatPretty(record, false));
    expect(Bun.stripANSI(coloured)).toBe(formatPretty(record, false));
  });
});

describe("what a client puts into the log", () => {
  const hostile = [
    "/\n127.0.0.1 HIT 200",
    "/\r\n",
    "/\u001b[2J\u001b]0;title\u0007",
    "/\u009b31m",
    "/\u0000",
    "/\u007f",
    "/\u2028x\u2029",
    "/\u202egnp.exe",
    "/\u061c",
  ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

  test.each(hostile)("%j stays on its line and moves no cursor, in every form", (target) => {
    const poisoned = { ...record, target, method: target, cache: target, reason: target, client: target };
    expect(formatPretty(poisoned, false)).not.toMatch(unseen);
    expect(formatJson(poisoned)).not.toMatch(unseen);
    expect(Bun.stripANSI(formatPretty(poisoned, true))).not.toMatch(unseen);
  });

  test.each(hostile)("%j comes out of a JSON line as it went in", (target) => {
    expect(JSON.parse(formatJson({ ...record, target }))).toMatchObject({ target });
  });

  test.each(hostile)(
    "%j is no more than a value in JSON of several lines, and comes out as it went in",
    (target) => {
      const lines = visibleJsonLines({ target, more: [target] });
      expect(lines.replaceAll("\n", "")).not.toMatch(unseen);
      expect(JSON.parse(lines)).toEqual({ target, more: [target] });
      expect(lines.split("\n")).toHaveLength(6);
    },
  );

  test("is shown by its code", () => {
    expect(visible("a\u001bb")).toBe("a\\u001bb");
  });

  test("an honest target is left alone", () => {
    expect(visible("/käse?q=%0A&x=\\")).toBe("/käse?q=%0A&x=\\");
  });
});

test("a JSON line has times to a microsecond", () => {
  const exact = { milliseconds: 29.508436999999958, firstByteMilliseconds: 0.0004 };
  expect(formatJson({ ...record, ...exact })).toContain('"milliseconds":29.508,"firstByteMilliseconds":0,');
});

test("a JSON line has the time as text, and all the rest as it is", () => {
  expect(JSON.parse(formatJson({ ...record, client: "10.0.0.1" }))).toEqual({
    time: "2026-01-02T03:04:05.006Z",
    level: "info",
    cache: "HIT",
    status: 200,
    method: "GET",
    target: "/a.css?v=1",
    bytes: 1536,
    milliseconds: 0.25,
    firstByteMilliseconds: 0.2,
    protocol: "http",
    reason: "hit-fresh",
    client: "10.0.0.1",
  });
});
