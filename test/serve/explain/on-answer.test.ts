import { afterEach, describe, expect, test } from "bun:test";
import { debugTokenOf } from "../../../src/control/debug-token.ts";
import type { Script } from "../../fixtures/origin.ts";
import { ask, type RawResponse, requestText } from "../../fixtures/raw-client.ts";
import { conditions, responses, script } from "../agreement-samples.ts";
import { planOf, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

/** What a token gets: an explanation on the answer, and nothing else; and what something else gets: nothing. */

const debugKey = "0123456789abcdef".repeat(4);

/** Both ways give the same for all of them, which agreement.test.ts knows. */
const some = conditions.filter((_, index) => index % 4 === 0);

const running: TestProxy[] = [];
afterEach(async () => {
  for (const proxy of running.splice(0)) await proxy.stop();
});

async function before(origin: Script, overrides: ProxyOverrides = {}): Promise<TestProxy> {
  const proxy = await startProxy(origin, { debugKey, ...overrides });
  running.push(proxy);
  return proxy;
}

/** One that is good for a minute. */
function tokenFor(proxy: TestProxy): string {
  return debugTokenOf(debugKey, Math.floor(proxy.date() / 1000) + 60);
}

function always(fields: Record<string, string>, status = 200): Script {
  return async ({ respond }) => void (await respond(status, fields, "hello"));
}

const fresh = always({ "Cache-Control": "max-age=60" });

/** The lines of the explanation. */
function explained({ fields }: RawResponse): string[] {
  return fields.filter(([name]) => name.startsWith("X-Cache-Explain-")).map(([, value]) => value);
}

/** All of the answer but its explanation. */
function unexplained({ head, text }: RawResponse): string {
  return head.replaceAll(/^X-Cache-Explain-\d\d:.*\r\n/gm, "") + text;
}

describe("with a token", () => {
  test.each(["GET", "HEAD"])("%s: all else of an answer is as without, of every kind", async (method) => {
    const [plain, debugged] = [await before(script), await before(script)];
    for (const path of Object.keys(responses)) {
      for (const [round, fields] of some.entries()) {
        for (const _ of ["a miss", "a hit"]) {
          const target = `${path}?${round}`;
          const token = { "X-Cache-Debug": tokenFor(debugged) };
          const [one, other] = await Promise.all([
            ask(plain.port, requestText(method, target, fields)),
            ask(debugged.port, requestText(method, target, { ...fields, ...token })),
          ]);
          expect(explained(one)).toEqual([]);
          // What is no HTTP the server refuses before anybody sees it.
          if (one.field("x-cache") !== null) expect(explained(other).length).toBeGreaterThan(2);
          expect(`${target}\n${unexplained(other)}`).toBe(`${target}\n${one.head}${one.text}`);
        }
      }
    }
    expect([debugged.errors, plain.errors]).toEqual([[], []]);
  });

  test("the origin is not sent it, and nothing is keyed by it, also where the response says Vary: X-Cache-Debug", async () => {
    const proxy = await before(always({ "Cache-Control": "max-age=60", Vary: "X-Cache-Debug" }));
    const words = [];
    for (const token of [tokenFor(proxy), undefined, "another", tokenFor(proxy)]) {
      const { fields } = await proxy.get("/a", token === undefined ? {} : { "X-Cache-Debug": token });
      words.push(fields.find(([name]) => name === "X-Cache")?.[1]);
    }
    expect(words).toEqual(["MISS", "HIT", "HIT", "HIT"]);
    expect(proxy.origin.requests.map(({ field }) => field("x-cache-debug"))).toEqual([null]);
  });

  test("what becomes of it is served, told and counted as without", async () => {
    const proxy = await before(fresh);
    await proxy.get("/a");
    await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) });
    expect(proxy.served.map(({ cache }) => cache)).toEqual(["MISS", "HIT"]);
    expect(proxy.served[1]?.received.get("x-cache-debug")).toBeNull();
  });

  test.each<[what: string, origin: Script, line: RegExp]>([
    ["a miss that is stored", fresh, /^response: .*max-age/],
    ["a cookie that is set", always({ "Set-Cookie": "id=secret" }), /^response: .*Set-Cookie/],
    [
      "what the origin calls private",
      always({ "Cache-Control": "private" }),
      /^change \(origin\): .*private/,
    ],
    ["an answer without lifetime", always({}), /^change \(file\): .*lifetime = "60s"/],
    ["an error", always({}, 503), /^response: 503/],
  ])("%s is judged by what the origin has just said", async (_, origin, line) => {
    const proxy = await before(origin);
    const lines = explained(await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) }));
    expect(
      lines.filter((each) => line.test(each)),
      lines.join("\n"),
    ).not.toBeEmpty();
    expect(lines.join("\n")).not.toContain("secret");
  });

  test("a hit says how long it is fresh", async () => {
    const proxy = await before(fresh);
    await proxy.get("/a");
    const [verdict] = explained(await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) }));
    expect(verdict).toMatch(/^verdict: Answered from the cache\. It is fresh for another /);
  });

  test("of an answer that confirms what is stored no fields are told, as they are not known", async () => {
    const fields = { "Cache-Control": "no-cache", ETag: '"1"' };
    const proxy = await before(async ({ request, respond }) => {
      const isConfirmed = request.field("if-none-match") !== null;
      await (isConfirmed ? respond(304, fields) : respond(200, fields, "hello"));
    });
    await proxy.get("/a");
    const lines = explained(await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) }));
    expect(lines.find((line) => line.startsWith("response: 304"))).toMatch(
      /^response: 304( after \d+ ms)?\.$/,
    );
  });

  test("an origin that does not answer is told of", async () => {
    const proxy = await before(fresh, { originUrl: "http://127.0.0.1:1" });
    const answer = await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) });
    expect(answer.status).toBe(502);
    expect(explained(answer).join("\n")).toContain("Nothing listens at the origin's address");
  });

  test("a host that no site answers for is told of", async () => {
    const proxy = await before(fresh, { plan: planOf({ hosts: ["shop.test"] }) });
    const answer = await proxy.get("/a", { Host: "other.test", "X-Cache-Debug": tokenFor(proxy) });
    expect(answer.status).toBe(421);
    expect(explained(answer)).toContain("site: none answers for other.test");
  });

  test("what another visitor has sent is not shown", async () => {
    const proxy = await before(always({ "Cache-Control": "s-maxage=60", Vary: "Cookie" }));
    await proxy.get("/a", { Cookie: "session=of-another-visitor" });
    const lines = explained(await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) }));
    expect(lines.join("\n")).not.toContain("of-another-visitor");
  });

  test("a body that is sent reaches the origin", async () => {
    const proxy = await before(
      async ({ respond, body }) => void (await respond(200, {}, (await body).bytes)),
    );
    const fields = { "X-Cache-Debug": tokenFor(proxy), "Content-Length": "5" };
    const answer = await ask(proxy.port, `${requestText("POST", "/a", fields)}hello`);
    expect([answer.text, explained(answer).length > 2]).toEqual(["hello", true]);
  });
});

describe("without a good token the answer has the same bytes as without the field", () => {
  const long = "A".repeat(10_000);
  test.each<[what: string, shown: (proxy: TestProxy) => string[]]>([
    ["a forged one", (proxy) => [tokenFor(proxy).replace(/.$/, (end) => (end === "A" ? "B" : "A"))]],
    ["one that is cut", (proxy) => [tokenFor(proxy).slice(0, -1)]],
    ["one of another cache folder", (proxy) => [debugTokenOf("f".repeat(64), proxy.date() / 1000 + 60)]],
    ["one that has ended", (proxy) => [debugTokenOf(debugKey, Math.floor(proxy.date() / 1000))]],
    ["a very long one", () => [long]],
    ["nothing in it", () => [""]],
    ["a good one twice", (proxy) => [tokenFor(proxy), tokenFor(proxy)]],
    ["a good one and another", (proxy) => [tokenFor(proxy), "another"]],
  ])("%s", async (_, shown) => {
    // It tells all fields that it gets, and so would show one that it should not.
    const echo: Script = async ({ respond, request }) =>
      void (await respond(200, { "Cache-Control": "max-age=60" }, JSON.stringify(request.fields)));
    const [plain, debugged] = [await before(echo), await before(echo)];
    for (const _ of ["a miss", "a hit"]) {
      const lines = shown(debugged).map((value) => `X-Cache-Debug: ${value}\r\n`);
      const text = requestText("GET", "/a", {});
      const [one, other] = await Promise.all([
        ask(plain.port, text),
        ask(debugged.port, text.replace("\r\n\r\n", `\r\n${lines.join("")}\r\n`)),
      ]);
      const withoutPort = (answer: RawResponse) =>
        `${answer.head}${answer.text}`.replaceAll(/127\.0\.0\.1:\d+/g, "HOST").replaceAll(/id=\W*\w+/g, "id");
      expect(withoutPort(other)).toBe(withoutPort(one));
    }
    expect(debugged.served.map(({ cache }) => cache)).toEqual(["MISS", "HIT"]);
  });

  test("one that was good is not any more when it has ended", async () => {
    const proxy = await before(fresh);
    const token = { "X-Cache-Debug": tokenFor(proxy) };
    expect(explained(await proxy.get("/a", token))).not.toBeEmpty();
    proxy.setWallClock(60);
    expect(explained(await proxy.get("/a", token))).toEqual([]);
  });

  test("nobody has a good one where there is no key", async () => {
    const { debugKey: _, ...without } = { debugKey };
    const proxy = await startProxy(fresh, without);
    running.push(proxy);
    expect(explained(await proxy.get("/a", { "X-Cache-Debug": tokenFor(proxy) }))).toEqual([]);
  });
});
