import { describe, expect, test } from "bun:test";
import type { FieldReader } from "../../src/rules/fields.ts";
import type { Served } from "../../src/serve/answer/outcome.ts";
import { createAccessLog } from "../../src/worker/access-log.ts";

const served: Served = {
  at: 0,
  cache: "MISS",
  reason: "stored-explicit",
  status: 200,
  method: "GET",
  host: "shop.test",
  target: "/",
  bytes: 0,
  milliseconds: 5,
  firstByteMilliseconds: 2,
  client: "192.0.2.7",
  protocol: "https",
  received: new Headers(),
};

function linesOf(log: "json" | "pretty" | "combined" | "common", ...requests: Partial<Served>[]): string[] {
  return sampled(1, log, ...requests);
}

function sampled(
  logSample: number,
  log: "json" | "pretty" | "combined" | "common",
  ...requests: Partial<Served>[]
): string[] {
  const lines: string[] = [];
  const access = createAccessLog({
    ...{ log, logSample, colours: false, lead: () => 0 },
    write: (text) => lines.push(...text.trimEnd().split("\n")),
  });
  for (const request of requests) access?.onServed({ ...served, ...request });
  access?.flush();
  return lines;
}

function lineFor(fields: Record<string, string>): Record<string, unknown> {
  const [line = ""] = linesOf("json", { received: new Headers(fields) });
  return JSON.parse(line);
}

describe("a JSON line", () => {
  test("has nothing of the answer's fields, such as a cookie that it sets", () => {
    const answered = new Headers({ "Set-Cookie": "session=secret" });
    const origin = {
      status: 200,
      fields: [["set-cookie", "session=secret"]],
      framing: "length",
    } as const;
    const [line = ""] = linesOf("json", { answered, origin, site: "shop", forwarded: "miss" });
    expect(Object.keys(JSON.parse(line))).toEqual([
      ...["time", "level", "site", "cache", "reason", "forwarded", "status", "method", "target", "bytes"],
      ...["milliseconds", "firstByteMilliseconds", "protocol", "client"],
    ]);
  });

  test("has what the client said of itself, how it came, and when the first byte went", () => {
    expect(
      lineFor({ Host: "Shop.test:8080", "User-Agent": "curl/8", Referer: "https://shop.test/a?b" }),
    ).toMatchObject({
      host: "Shop.test:8080",
      userAgent: "curl/8",
      referer: "https://shop.test/a?b",
      protocol: "https",
      client: "192.0.2.7",
      firstByteMilliseconds: 2,
      milliseconds: 5,
    });
  });

  test("has nothing of what the client did not say, and none of its other fields", () => {
    const line = lineFor({ Authorization: "Bearer secret", Cookie: "session=secret" });
    expect(Object.keys(line)).not.toContainAnyValues(["host", "userAgent", "referer", "received"]);
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  test.each([
    ["https://me:secret@shop.test/a", "https://shop.test/a"],
    ["//secret@shop.test/a", "//shop.test/a"],
    ["http://me:sec@ret@shop.test", "http://shop.test"],
    ["http:\\\\me:secret@shop.test/a", "http:\\\\shop.test/a"],
    ["https://shop.test/@me?mail=me@shop.test", "https://shop.test/@me?mail=me@shop.test"],
    ["about:blank", "about:blank"],
  ])("has a Referer of %p without its user", (referer, told) => {
    expect(lineFor({ Referer: referer })).toMatchObject({ referer: told });
  });

  test("has a Host that is none without what may be a password", () => {
    expect(lineFor({ Host: "me:secret@shop.test" })).toMatchObject({ host: "shop.test" });
  });

  test("is short, and one line, whatever the client sends", () => {
    const received = new Headers({ "User-Agent": "x".repeat(10_000), Referer: "http://a\u009b31m/" });
    const [line, ...others] = linesOf("json", { received });
    expect(others).toEqual([]);
    expect(line?.length).toBeLessThan(1000);
    expect(line).not.toContain("\u009b");
  });

  test("has what was so when the request was served, though it is written later", () => {
    const received = new Headers({ "User-Agent": "before" });
    const lines: string[] = [];
    const access = createAccessLog({
      ...{ log: "json", logSample: 1, colours: false, lead: () => 0 },
      write: (text) => lines.push(text),
    });
    access?.onServed({ ...served, received });
    received.set("user-agent", "after");
    access?.flush();
    expect(lines.join()).toContain('"userAgent":"before"');
  });
});

test("a line for people says none of it, and reads none of the client's fields", () => {
  const received: FieldReader = {
    get() {
      throw new Error("read");
    },
  };
  const [line] = linesOf("pretty", { received });
  expect(line).toBe("00:00:00.000 MISS        200 GET          0 B  5.00 ms / stored-explicit");
});

describe("a line as web servers write it", () => {
  const said = new Headers({ "User-Agent": 'a"b\\c', Referer: "https://shop.test/" });

  test("is what analysers read, with what the client says of itself where it is combined", () => {
    const request = { at: 1_795_852_100_000, target: "/a?b", bytes: 1234, received: said };
    const common = '192.0.2.7 - - [28/Nov/2026:07:48:20 +0000] "GET /a?b HTTP/1.1" 200 1234';
    expect(linesOf("common", request)).toEqual([common]);
    expect(linesOf("combined", request)).toEqual([`${common} "https://shop.test/" "a\\"b\\\\c"`]);
  });

  test("says nothing with a hyphen", () => {
    const request = { at: 0, client: null, bytes: 0 };
    expect(linesOf("combined", request)).toEqual([
      '- - - [01/Jan/1970:00:00:00 +0000] "GET / HTTP/1.1" 200 - "-" "-"',
    ]);
  });

  test.each([
    ['/" 200 1 "-" "x', '/\\" 200 1 \\"-\\" \\"x'],
    ["/\u001b[31mred", "/\\x1b[31mred"],
    ["/two\nlines", "/two\\x0alines"],
    ["/\u00e4", "/\\xc3\\xa4"],
    ["/\u202ebidi", "/\\xe2\\x80\\xaebidi"],
    ["/\u007f", "/\\x7f"],
  ])("cannot be broken nor coloured by a target (%j)", (target, told) => {
    expect(linesOf("common", { at: 0, target })).toEqual([
      `192.0.2.7 - - [01/Jan/1970:00:00:00 +0000] "GET ${told} HTTP/1.1" 200 -`,
    ]);
  });

  test("has one column for an address with a space in it", () => {
    expect(linesOf("common", { client: "a b" })[0]).toStartWith("a\\x20b - - [");
  });
});

describe("with --log-sample 1/3", () => {
  const targets = (count: number) => Array.from({ length: count }, (_, place) => ({ target: `/${place}` }));
  const told = (...requests: Partial<Served>[]) =>
    sampled(3, "json", ...requests).map((line) => JSON.parse(line).target);

  test("the first of three requests has a line", () => {
    expect(told(...targets(7))).toEqual(["/0", "/3", "/6"]);
  });

  test("what ended in an error has one always, and changes nothing for the others", () => {
    const broken = { target: "/broken", status: 502 };
    const refused = { target: "/refused", status: 400, cache: "ERROR" } as const;
    const [first = {}, ...others] = targets(4);
    expect(told(first, broken, refused, broken, ...others)).toEqual([
      "/0",
      "/broken",
      "/refused",
      "/broken",
      "/3",
    ]);
  });
});
