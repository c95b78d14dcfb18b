import { afterEach, describe, expect, test } from "bun:test";
import { tagFields } from "../../src/rules/tags.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { keyOf, type ProxyOverrides, planOf, startProxy, type TestProxy } from "./proxy.ts";

const started: TestProxy[] = [];
afterEach(async () => {
  for (const proxy of started.splice(0)) await proxy.stop();
});

async function start(script: Script, overrides: ProxyOverrides = {}): Promise<TestProxy> {
  const proxy = await startProxy(script, overrides);
  started.push(proxy);
  return proxy;
}

/** One name in each field, and one of a group. */
const tagged = {
  ...Object.fromEntries([...tagFields.keys()].map((field) => [field, "news"])),
  "Cache-Groups": '"g"',
  ETag: '"a"',
  "Content-Type": "text/plain",
};
const stored = { ...tagged, "Cache-Control": "max-age=60, stale-while-revalidate=60" };

/** The fields by which things are purged, of those that a client got. */
function tagsSeen(head: string): string[] {
  const names = head
    .toLowerCase()
    .split("\r\n")
    .map((line) => line.split(":")[0] ?? "");
  return names.filter((name) => tagFields.has(name) || name === "cache-groups");
}

const everything = [...tagFields.keys(), "cache-groups"].sort();

describe("what names purged responses does not go to clients", () => {
  const get = requestText("GET", "/a");
  const requests: [what: string, text: string][] = [
    ["a miss", get],
    ["a hit", get],
    ["another hit", get],
    ["a 304", requestText("GET", "/a", { "If-None-Match": '"a"' })],
    ["a HEAD", requestText("HEAD", "/a")],
    ["a range", requestText("GET", "/a", { Range: "bytes=0-1" })],
    ["two ranges", requestText("GET", "/a", { Range: "bytes=0-0,2-2" })],
    ["a range beyond the end", requestText("GET", "/a", { Range: "bytes=99-" })],
    ["a reload", requestText("GET", "/a", { "Cache-Control": "no-cache" })],
    ["a pass", requestText("POST", "/b", { "Content-Length": "0" })],
    ["an unstorable answer", requestText("GET", "/no-store")],
    ["an error", requestText("GET", "/error")],
    ["a body without length", requestText("GET", "/chunked")],
  ];
  const script: Script = async (exchange) => {
    const { request } = exchange;
    if (request.target === "/no-store")
      await exchange.respond(200, { ...tagged, "Cache-Control": "no-store" }, "abc");
    else if (request.target === "/error") await exchange.respond(500, tagged, "abc");
    else if (request.target === "/chunked") {
      const fields = Object.entries(stored).map(([name, value]) => `${name}: ${value}\r\n`);
      await exchange.send(
        `HTTP/1.1 200 OK\r\n${fields.join("")}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      );
    } else await exchange.respond(200, stored, "abc");
  };

  test.each([true, false])("however they are answered; by the short cut: %p", async (shortCut) => {
    const proxy = await start(script, { shortCut });
    for (const [what, text] of requests) {
      const { head } = await ask(proxy.port, text);
      expect([what, ...tagsSeen(head)]).toEqual([what, "cache-groups"]);
    }
    proxy.advance(90);
    const { head } = await ask(proxy.port, get);
    expect(head).toContain("STALE");
    expect(tagsSeen(head)).toEqual(["cache-groups"]);
  });

  test.each([true, false])("unless keep-tags says so; by the short cut: %p", async (shortCut) => {
    const proxy = await start(script, { shortCut, options: { keepTags: true } });
    for (const [what, text] of requests) {
      const { head } = await ask(proxy.port, text);
      expect([what, ...tagsSeen(head).sort()]).toEqual([what, ...everything]);
    }
  });

  test("a reload that changes keep-tags changes what is ready to be sent", async () => {
    const options = { keepTags: false };
    const proxy = await start(script, { options });
    const seen = async () => tagsSeen((await ask(proxy.port, get)).head).length;
    expect([await seen(), await seen()]).toEqual([1, 1]);
    options.keepTags = true;
    proxy.usePlan(planOf({}));
    expect([await seen(), await seen()]).toEqual([everything.length, everything.length]);
  });
});

describe("the names of what is stored", () => {
  async function tagsOf(proxy: TestProxy): Promise<readonly string[] | undefined> {
    const [found] = await proxy.context.store.find(keyOf("/a"));
    return found?.response.policy.tags;
  }

  test.each<[what: string, fields: Record<string, string>, tags: string[]]>([
    ["stay where the confirmation has none", {}, ["old"]],
    ["are those of the confirmation where it has some", { "Surrogate-Key": "new other" }, ["new", "other"]],
    ["go field by field", { "Cache-Tag": "more" }, ["old", "more"]],
  ])("%s", async (_, fields, tags) => {
    const proxy = await start(async (exchange) => {
      await (exchange.request.field("if-none-match") === null
        ? exchange.respond(200, { "Cache-Control": "max-age=9", ETag: '"a"', "Surrogate-Key": "old" }, "abc")
        : exchange.respond(304, { "Cache-Control": "max-age=9", ETag: '"a"', ...fields }));
    });
    await proxy.get("/a");
    proxy.advance(20);
    const { head } = await proxy.get("/a");
    expect(head).toContain("revalidated");
    expect(await tagsOf(proxy)).toEqual(tags);
  });

  test("are those that a rule has set", async () => {
    const plan = planOf({
      settings: { setResponse: { "surrogate-key": "ruled" }, removeResponse: ["cache-tag"] },
    });
    const proxy = await start(
      async (exchange) => {
        const fields = { "Cache-Control": "max-age=9", "Surrogate-Key": "sent", "Cache-Tag": "gone" };
        await exchange.respond(200, fields, "abc");
      },
      { plan },
    );
    const { head } = await proxy.get("/a");
    expect(tagsSeen(head)).toEqual([]);
    expect(await tagsOf(proxy)).toEqual(["ruled"]);
  });

  test.each(["one line", "twenty lines"])("may be a thousand, and 64 KB, in %s", async (shape) => {
    const names = Array.from({ length: 1000 }, (_, index) => String(index).padStart(65, "n"));
    const perLine = shape === "one line" ? 1000 : 50;
    const lines = names.flatMap((_, index) =>
      index % perLine === 0 ? [`Surrogate-Key: ${names.slice(index, index + perLine).join(" ")}\r\n`] : [],
    );
    const head = `HTTP/1.1 200 OK\r\nCache-Control: max-age=9\r\nContent-Length: 3\r\n`;
    const proxy = await start(
      async (exchange) => void (await exchange.send(`${head}${lines.join("")}\r\nabc`)),
      { options: { keepTags: true } },
    );
    const { text, field } = await proxy.get("/a");
    expect(text).toBe("abc");
    expect(field("surrogate-key")?.length).toBeGreaterThan(65_000);
    expect(await tagsOf(proxy)).toEqual(names);
  });
});
