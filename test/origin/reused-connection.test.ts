import { afterEach, describe, expect, test } from "bun:test";
import { createForward, type OriginAnswer } from "../../src/origin/forward.ts";
import { textOfBody } from "../fixtures/body-reader.ts";
import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";

/** What Bun's fetch does by itself, and must go on doing: RFC 9110 §9.2.2, RFC 9112 §9.3.1. */

let origin: Origin;
afterEach(() => origin.stop());

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
  const forward = createForward({ origin: origin.url, firstByteTimeout: 30_000, now: Date.now });
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
