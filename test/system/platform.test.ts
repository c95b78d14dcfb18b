import { afterEach, describe, expect, test } from "bun:test";
import { connect as connectSession } from "node:http2";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../fixtures/certificate.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { connectTo, requestText } from "../fixtures/raw-client.ts";

/**
 * What Bun's server and client cannot do, and this program therefore does not. Each of these tests fails on the day they
 * can, and says what is to be changed then.
 */

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe("the head of an answer is withheld until the first bytes of its body", () => {
  const endless = () => new Promise<void>(() => undefined);
  const empty = new Uint8Array(0);
  const direct = (pull: (controller: ReadableStreamDirectController) => Promise<void>) =>
    new ReadableStream<Uint8Array>({ type: "direct", pull });
  /** Whatever a stream may do short of sending a byte. */
  const silences: Readonly<Record<string, () => ReadableStream>> = {
    "of a stream that says nothing": () => new ReadableStream({ pull: endless }),
    "of an empty chunk": () => new ReadableStream({ start: (controller) => controller.enqueue(empty) }),
    "of a direct stream that is flushed": () =>
      direct(async (controller) => {
        await controller.flush();
        await endless();
      }),
    "of a direct stream that is flushed after an empty chunk": () =>
      direct(async (controller) => {
        controller.write(empty);
        await controller.flush();
        await endless();
      }),
  };
  const change =
    "Bun sends a head before the body: let event streams go out at once (serve/answer/begin waits for their first part), and take the sentence from the README";

  function serve(stream: () => ReadableStream, tls?: { cert: Bun.BunFile; key: Bun.BunFile }): number {
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      ...(tls === undefined ? {} : { tls, http2: true }),
      fetch: ({ url }) =>
        new URL(url).pathname === "/silent"
          ? new Response(stream(), { headers: { "Content-Type": "text/event-stream" } })
          : new Response("sent"),
    });
    cleanUps.push(() => server.stop(true));
    return server.port ?? 0;
  }

  /** Long enough for whatever is on its way: other requests are answered meanwhile. */
  const rounds = 20;

  test.each(Object.entries(silences))("%s, over HTTP/1.1", async (_, stream) => {
    const port = serve(stream);
    const silent = await connectTo(port);
    cleanUps.push(() => silent.close());
    await silent.send(requestText("GET", "/silent"));
    let came = "nothing";
    // It is cut at the end of the test, if it has not come.
    silent.head().then(
      () => (came = "the head"),
      () => undefined,
    );
    const other = await connectTo(port);
    cleanUps.push(() => other.close());
    for (let round = 0; round < rounds; round++) {
      await other.send(requestText("GET", "/"));
      await other.response();
    }
    expect(came, change).toBe("nothing");
  });

  test.each(Object.entries(silences))("%s, over HTTP/2", async (_, stream) => {
    const folder = await mkdtemp(join(tmpdir(), "cacheproxy-platform-"));
    cleanUps.push(() => rm(folder, { recursive: true, force: true }));
    const { cert, key } = await makeCertificate(folder);
    const port = serve(stream, { cert: Bun.file(cert), key: Bun.file(key) });
    const session = connectSession(`https://127.0.0.1:${port}`, { ca: await Bun.file(cert).text() });
    cleanUps.push(() => session.destroy());
    let came = "nothing";
    const silent = session.request({ ":path": "/silent" });
    silent.on("response", () => (came = "the head"));
    for (let round = 0; round < rounds; round++) {
      const other = session.request({ ":path": "/" });
      const ended = Promise.withResolvers<void>();
      other.on("end", () => ended.resolve());
      other.on("error", ended.reject);
      other.resume();
      await ended.promise;
    }
    expect(came, change).toBe("nothing");
  });
});

describe("informational answers (RFC 9110 §15.2)", () => {
  const passOn =
    "pass 1xx answers on (origin/forward hears of them, serve/answer sends them), and take the sentence from the README";

  test("of an origin are not handed to who fetches", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
    const origin = await startOrigin(async ({ send, respond }) => {
      await send(early);
      await respond(200, {}, "page");
    });
    cleanUps.push(() => origin.stop());
    const response = await fetch(origin.url);
    const told = [response.status, response.headers.get("link"), await response.text()];
    expect(told, `Bun's fetch has changed what it makes of 103: ${passOn}`).toEqual([200, null, "page"]);
    expect(membersLike(response), `Bun's fetch tells of 1xx answers: ${passOn}`).toEqual([]);
  });

  test("cannot be sent by the server", async () => {
    expect(() => new Response(null, { status: 103 }), `Bun makes 1xx answers: ${passOn}`).toThrow(RangeError);
    const members: string[] = [];
    const server = Bun.serve({
      port: 0,
      fetch(request, its) {
        members.push(...membersLike(request), ...membersLike(its));
        return new Response();
      },
    });
    cleanUps.push(() => server.stop(true));
    await fetch(server.url);
    expect(members, `Bun's server sends 1xx answers: ${passOn}`).toEqual([]);
  });

  /** What an object can do that sounds like it. */
  function membersLike(thing: object): string[] {
    const prototype: unknown = Object.getPrototypeOf(thing);
    const names = [thing, prototype].flatMap((each) =>
      typeof each === "object" && each !== null ? Object.getOwnPropertyNames(each) : [],
    );
    return names.filter((name) => /early|hints?$|information|continue|1xx|interim/i.test(name));
  }
});

describe("methods by which caches are told to purge", () => {
  /** What the server says to one of them; null where it closes the connection without a word. */
  async function answerTo(method: string): Promise<number | null> {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("heard") });
    cleanUps.push(() => server.stop(true));
    const client = await connectTo(server.port ?? 0);
    cleanUps.push(() => client.close());
    await client.send(requestText(method, "/"));
    return client.response().then(
      ({ status }) => status,
      () => null,
    );
  }

  test("PURGE is heard", async () => {
    expect(await answerTo("PURGE")).toBe(200);
  });

  test.each(["BAN", "PURGEKEYS", "PURGETAGS", "PURGEALL", "REFRESH", "URLPURGE"])(
    "%s is not",
    async (method) => {
      const change = `Bun's server knows ${method}: have serve/purge read it as PURGE is read, and take the sentence from the README`;
      expect(await answerTo(method), change).toBeNull();
    },
  );
});
