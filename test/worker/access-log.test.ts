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

function linesOf(log: "json" | "pretty", ...requests: Partial<Served>[]): string[] {
  const lines: string[] = [];
  const access = createAccessLog(
    log,
    false,
    () => 0,
    (text) => lines.push(...text.trimEnd().split("\n")),
  );
  for (const request of requests) access?.onServed({ ...served, ...request });
  access?.flush();
  return lines;
}

function lineFor(fields: Record<string, string>): Record<string, unknown> {
  const [line = ""] = linesOf("json", { received: new Headers(fields) });
  return JSON.parse(line);
}

describe("a JSON line", () => {
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
    const access = createAccessLog(
      "json",
      false,
      () => 0,
      (text) => lines.push(text),
    );
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
