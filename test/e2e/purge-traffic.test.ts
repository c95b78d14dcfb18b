import { describe, expect, test } from "bun:test";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { answered, type Crowd, gather } from "./crowd.ts";
import { type RunningProxy, startProxy } from "./harness.ts";

/** Purging on the port of visitors, in the bytes that plugins send, before two workers that both know the pages. */

const keep = stoppedAfterEach();
const token = "correct-horse-battery";
const pages = ["/hello/", "/hello/2/", "/other/"] as const;

interface Known {
  readonly origin: Origin;
  readonly proxy: RunningProxy;
  readonly crowd: Crowd;
}

/** Both workers' memories, and the disk, have the pages of a blog. */
async function startKnowing(...flags: string[]): Promise<Known> {
  const origin = keep(
    await startOrigin(({ request, respond }) => {
      const fields = {
        "Cache-Control": "max-age=600, stale-while-revalidate=600",
        "Content-Type": "text/plain",
        "Surrogate-Key": `all ${request.target}`,
        "X-Magento-Tags": `cat_p_1,page${request.target}`,
      };
      return void respond(200, fields, request.target);
    }),
  );
  const proxy = keep(await startProxy(origin.url, { workers: 2, flags: ["--log", "off", ...flags] }));
  const crowd = keep(await gather(proxy, 1));
  const known = { origin, proxy, crowd };
  for (const page of pages) {
    for (const client of crowd.clients.flat()) await answered(client, asked(page));
    expect(await words(known, page)).toEqual(["HIT", "HIT"]);
  }
  return known;
}

function asked(page: string, fields: Record<string, string> = {}): string {
  return requestText("GET", page, { Host: "blog.test", ...fields });
}

/** What each worker says of a page, which may not ask the origin for it: "ERROR" where neither memory nor disk has it. */
async function words({ crowd }: Known, page: string): Promise<(string | null)[]> {
  const request = asked(page, { "Cache-Control": "only-if-cached" });
  const answers = await Promise.all(crowd.clients.flat().map((client) => answered(client, request)));
  return answers.map((answer) => answer.field("x-cache"));
}

/** Those pages that no worker has any more; all others have them both. */
async function gonePages(known: Known): Promise<string[]> {
  const gone: string[] = [];
  for (const page of pages) {
    const said = await words(known, page);
    if (said.every((word) => word === "ERROR")) gone.push(page);
    else expect([page, ...said]).toEqual([page, "HIT", "HIT"]);
  }
  return gone;
}

describe.skipIf(process.platform !== "linux")("purging on the port of visitors", () => {
  test.each<[what: string, bytes: string, gone: readonly string[]]>([
    ["a page", "PURGE /hello/ HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: default\r\n\r\n", ["/hello/"]],
    [
      "a page and what is below it",
      "PURGE /hello/.* HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: regex\r\n\r\n",
      ["/hello/", "/hello/2/"],
    ],
    ["all, by HTTP/1.0", "PURGE /.* HTTP/1.0\r\nHost: blog.test\r\nConnection: Close\r\n\r\n", pages],
    ["a glob", "PURGE /*/2/ HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: wildcard\r\n\r\n", ["/hello/2/"]],
    ["a key", "PURGE / HTTP/1.1\r\nHost: blog.test\r\nSurrogate-Key: /other/ none\r\n\r\n", ["/other/"]],
    [
      "tags of Magento",
      "PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: ((^|,)page/hello/(,|$))|((^|,)page/other/(,|$))\r\nHost: 127.0.0.1\r\n\r\n",
      ["/hello/", "/other/"],
    ],
    ["all of Magento", "PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: .*\r\nHost: 127.0.0.1\r\n\r\n", pages],
    [
      "a page, by an absolute target",
      "PURGE http://blog.test/hello/ HTTP/1.1\r\nHost: blog.test\r\nProxy-Connection: Keep-Alive\r\n\r\n",
      ["/hello/"],
    ],
    ["a page, by the path for purging", "GET /purge/hello/ HTTP/1.1\r\nHost: blog.test\r\n\r\n", ["/hello/"]],
    ["all, by the path for purging", "GET /purge/* HTTP/1.1\r\nHost: blog.test\r\n\r\n", pages],
  ])("%s: gone from both workers and the disk when it is answered", async (_, bytes, gone) => {
    const known = await startKnowing("--purge-from", "loopback", "--purge-path", "/purge");
    const before = known.origin.requests.length;
    const answer = await ask(known.proxy.port, bytes);
    expect([answer.status, answer.field("content-type")]).toEqual([200, "application/json"]);
    const said: unknown = JSON.parse(answer.text);
    expect(said).toMatchObject({
      status: "ok",
      purged: gone.length,
      complete: gone.length,
      partial: 0,
      soft: false,
    });
    expect(await gonePages(known)).toEqual([...gone]);
    expect(known.origin.requests).toHaveLength(before);
  });

  test("softly: it is stale, and served while it is refreshed", async () => {
    const known = await startKnowing("--purge-from", "loopback");
    const bytes =
      "PURGE / HTTP/1.1\r\nHost: blog.test\r\nSurrogate-Key: /other/\r\nFastly-Soft-Purge: 1\r\n\r\n";
    const answer = await ask(known.proxy.port, bytes);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { purged: 1, soft: true }]);
    const [client] = known.crowd.clients.flat();
    const first = client && (await answered(client, asked("/other/")));
    expect(first?.field("x-cache")).toBe("STALE");
  });

  test("from elsewhere it is forbidden, and no origin hears of it", async () => {
    const known = await startKnowing("--purge-from", "192.0.2.7", "--purge-path", "/purge");
    const before = known.origin.requests.length;
    for (const bytes of [
      "PURGE /hello/ HTTP/1.1\r\nHost: blog.test\r\n\r\n",
      "GET /purge/hello/ HTTP/1.1\r\nHost: blog.test\r\n\r\n",
    ]) {
      expect((await ask(known.proxy.port, bytes)).status).toBe(403);
    }
    expect(await gonePages(known)).toEqual([]);
    expect(known.origin.requests).toHaveLength(before);
  });

  test("through a proxy that is trusted, those may purge who are named behind it, and by the token", async () => {
    const flags = ["--trust", "loopback", "--purge-from", "192.0.2.7", "--purge-token", token];
    const known = await startKnowing(...flags);
    const bearing = (client: string, shown: string) =>
      requestText("PURGE", "/hello/", {
        ...{ Host: "blog.test", "X-Forwarded-For": client, Authorization: `Bearer ${shown}` },
      });
    expect((await ask(known.proxy.port, bearing("192.0.2.8", token))).status).toBe(403);
    expect((await ask(known.proxy.port, bearing("192.0.2.7", "another-word-for-it"))).status).toBe(403);
    expect(await gonePages(known)).toEqual([]);
    expect((await ask(known.proxy.port, bearing("192.0.2.7", token))).status).toBe(200);
    expect(await gonePages(known)).toEqual(["/hello/"]);
  });

  test("through one that is not, nobody may, and the operator reads how to name it", async () => {
    const known = await startKnowing("--purge-from", "loopback");
    const bytes = requestText("PURGE", "/hello/", { Host: "blog.test", "X-Forwarded-For": "127.0.0.1" });
    expect((await ask(known.proxy.port, bytes)).status).toBe(403);
    await known.proxy.stderr.until(/--trust 127\.0\.0\.1/);
    expect(await gonePages(known)).toEqual([]);
  });
});
