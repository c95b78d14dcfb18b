import { afterEach, describe, expect, test } from "bun:test";
import { createForward, type Forward, type OriginAnswer } from "../../src/origin/forward.ts";
import { textOfBody } from "../fixtures/body-reader.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";

/** What Bun's fetch does by itself, and must go on doing: RFC 9110 §9.2.2, RFC 9112 §9.3.1. */

let origin: Origin;
afterEach(() => origin.stop());

function forwardTo(url: string): Forward {
  const timeouts = { firstByteTimeout: 30_000, idleTimeout: 30_000, clientTimeout: 30_000 };
  return createForward({ origin: url, ...timeouts, ...systemClocks });
}

/** Asks for something, then again on the connection that is now reused, which drops as the test says. */
async function askAgain(
  method: string,
  body: ReadableStream<Uint8Array> | null,
  drop: (exchange: Exchange) => Promise<void> | void,
): Promise<{ answer: OriginAnswer; asked: string[] }> {
  origin = await startOrigin(async (exchange) => {
    if (exchange.request.target === "/warm") await exchange.respond(200, {}, "warm");
    else await drop(exchange);
  });
  const forward = forwardTo(origin.url);
  const ask = (request: { method: string; target: string; body: ReadableStream<Uint8Array> | null }) =>
    forward({ ...request, fields: new Headers() }, new AbortController());
  const warm = await ask({ method: "GET", target: "/warm", body: null });
  if (warm.ok) await textOfBody(warm.response.body);
  const answer = await ask({ method, target: "/again", body });
  return { answer, asked: origin.requests.slice(1).map((request) => request.method) };
}

const idempotent = ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"];
const others = ["POST", "PATCH"];

describe.each(["reset", "end"] as const)("a reused connection that the origin ends with %s", (how) => {
  const dropFirst = (exchange: Exchange) =>
    exchange.connection === 1 ? exchange[how]() : void exchange.respond(200, {}, "hello");

  test.each(idempotent)("%s is sent again, on another connection", async (method) => {
    const { answer, asked } = await askAgain(method, null, dropFirst);
    expect(answer).toMatchObject({ ok: true, response: { status: 200 } });
    expect(asked).toEqual([method, method]);
  });

  test.each(others)("%s is not", async (method) => {
    const { answer, asked } = await askAgain(method, null, dropFirst);
    expect(answer).toMatchObject({ ok: false, failure: { status: 502, reason: "origin-broken" } });
    expect(asked).toEqual([method]);
  });

  test.each(idempotent)("%s is sent again once, not for ever", async (method) => {
    const { answer, asked } = await askAgain(method, null, (exchange) => exchange[how]());
    expect(answer.ok).toBe(false);
    expect(asked).toEqual([method, method]);
  });

  test("an answer that had begun is not asked for again", async () => {
    const { answer, asked } = await askAgain("GET", null, async (exchange) => {
      await exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
      exchange[how]();
    });
    expect(answer.ok).toBe(true);
    if (answer.ok) await expect(textOfBody(answer.response.body)).rejects.toThrow();
    expect(asked).toEqual(["GET"]);
  });

  test("a body that cannot be sent twice is not sent again in part", async () => {
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await Bun.sleep(1);
        controller.enqueue(new Uint8Array(10));
        controller.close();
      },
    });
    const { answer, asked } = await askAgain("PUT", slow, async (exchange) => {
      await exchange.body;
      exchange[how]();
    });
    expect(answer.ok).toBe(false);
    expect(asked).toEqual(["PUT"]);
  });
});

describe("content that comes where there may be none is nobody's answer", () => {
  const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL";
  const announced = `Content-Length: ${evil.length}\r\n`;

  /** Asks for something, of which the origin sends the head at once and content only when it is asked for the next thing. */
  async function askTwice(method: string, head: string, fields: Record<string, string> = {}) {
    const gate = Promise.withResolvers<void>();
    origin = await startOrigin(async (exchange) => {
      if (exchange.request.target === "/next") {
        if (exchange.connection === 1) gate.resolve();
        else await exchange.respond(200, {}, "good");
        return;
      }
      await exchange.send(head);
      void gate.promise.then(() => exchange.send(evil));
    });
    const forward = forwardTo(origin.url);
    const ask = (request: { method: string; target: string; fields: Headers }) =>
      forward({ ...request, body: null }, new AbortController());
    const first = await ask({ method, target: "/first", fields: new Headers(fields) });
    const next = await ask({ method: "GET", target: "/next", fields: new Headers() });
    const text = next.ok ? await textOfBody(next.response.body) : "no answer";
    return { first, text, connections: origin.connections };
  }

  test.each(["", announced])("after the answer to HEAD (%j)", async (length) => {
    const { first, text } = await askTwice("HEAD", `HTTP/1.1 200 OK\r\n${length}\r\n`);
    expect([first.ok, text]).toEqual([true, "good"]);
  });

  test.each([
    ["304", announced],
    ["304", "Transfer-Encoding: chunked\r\n"],
    ["204", announced],
  ])("after a %s that announces some (%j)", async (status, framing) => {
    const { text } = await askTwice("GET", `HTTP/1.1 ${status} Without\r\n${framing}\r\n`, {
      "If-None-Match": '"v1"',
    });
    expect(text).toBe("good");
  });
});

test("an origin that announced content for a 304 gets each conditional request on a connection of its own", async () => {
  origin = await startOrigin(async ({ send, request, respond }) => {
    if (request.field("if-none-match") === null) await respond(200, {}, "all");
    else await send("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n");
  });
  const forward = forwardTo(origin.url);
  const ask = async (fields: Record<string, string>) => {
    const request = { method: "GET", target: "/", fields: new Headers(fields), body: null };
    const answer = await forward(request, new AbortController());
    return answer.ok && answer.response.body !== null && (await textOfBody(answer.response.body));
  };
  const conditional = { "If-None-Match": '"v1"' };
  for (const fields of [conditional, conditional, conditional, {}, {}]) await ask(fields);
  expect(origin.requests.map((request) => request.field("connection"))).toEqual([
    "keep-alive",
    "close",
    "close",
    "keep-alive",
    "keep-alive",
  ]);
  expect(origin.connections).toBe(4);
});

test("a 304 without content leaves its connection to others", async () => {
  origin = await startOrigin(({ send }) => void send("HTTP/1.1 304 Not Modified\r\n\r\n"));
  const forward = forwardTo(origin.url);
  for (let count = 0; count < 3; count++) {
    const fields = new Headers({ "If-None-Match": '"v1"' });
    await forward({ method: "GET", target: "/", fields, body: null }, new AbortController());
  }
  expect(origin.connections).toBe(1);
});

describe("surplus bytes after a complete answer end the connection", () => {
  const surplus = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL";

  test.each([
    ["with the body", `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello${surplus}`],
    [
      "of which a part is with the body",
      `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello${surplus.slice(0, 9)}`,
    ],
    ["after no body", `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${surplus}`],
    ["with a 304", `HTTP/1.1 304 Not Modified\r\n\r\n${surplus}`],
  ])("%s", async (_, answer) => {
    origin = await startOrigin(async (exchange) => {
      if (exchange.request.target === "/next") await exchange.respond(200, {}, `good ${exchange.connection}`);
      else await exchange.send(answer);
    });
    const forward = forwardTo(origin.url);
    const ask = async (target: string) => {
      const request = { method: "GET", target, fields: new Headers(), body: null };
      const given = await forward(request, new AbortController());
      return given.ok && given.response.body !== null ? await textOfBody(given.response.body) : "";
    };
    await ask("/first");
    expect(await ask("/next")).toMatch(/^good [23]$/);
  });
});
