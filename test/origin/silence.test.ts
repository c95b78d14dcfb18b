import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { createForward, type OriginAnswer } from "../../src/origin/forward.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";

const timeouts = { firstByteTimeout: 1000, idleTimeout: 3000, clientTimeout: 1000 };
/** A deadline passes up to an eighth late. */
const late = 1.25;

let origin: Origin;
beforeEach(() => void jest.useFakeTimers());
afterEach(async () => {
  jest.useRealTimers();
  await origin.stop();
});

function ask(fields: Record<string, string> = {}): Promise<OriginAnswer> {
  const forward = createForward({ origin: origin.url, ...timeouts, ...systemClocks });
  const request = { method: "GET", target: "/", fields: new Headers(fields), body: null };
  return forward(request, new AbortController());
}

/** An answer of which the first part has been read, and its exchange at the origin. */
async function halfRead(head: string, part: string) {
  const begun = Promise.withResolvers<Exchange>();
  origin = await startOrigin(async (exchange) => {
    await exchange.send(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${part}`);
    begun.resolve(exchange);
  });
  const answer = await ask();
  if (!answer.ok || answer.response.body === null) throw new Error("there is no body");
  const { body } = answer.response;
  await body.read();
  return { body, exchange: await begun.promise };
}

const chunk = "5\r\nhello\r\n";

test.each([
  ["chunks", "Transfer-Encoding: chunked", chunk],
  ["a large body", "Content-Length: 100000", "hello"],
])("%s may come slower than the first byte, but not than --origin-idle-timeout", async (_, framing, part) => {
  const { body, exchange } = await halfRead(framing, part);
  const second = body.read();
  jest.advanceTimersByTime(timeouts.idleTimeout - 1);
  await exchange.send(part);
  expect(await second).toBeDefined();
  const third = body.read();
  jest.advanceTimersByTime(timeouts.idleTimeout * late);
  await expect(third).rejects.toThrow("the origin sent nothing more of its answer for 3 s");
  await exchange.gone;
});

test("a stream of events may be silent for as long as it likes", async () => {
  const { body, exchange } = await halfRead(
    "Content-Type: text/event-stream;charset=utf-8\r\nTransfer-Encoding: chunked",
    chunk,
  );
  const second = body.read();
  jest.advanceTimersByTime(24 * 3_600_000);
  await exchange.send(chunk);
  expect(await second).toBeDefined();
  await body.cancel();
});

describe("an origin that is silent before the head", () => {
  /** What a request comes to whose answer begins a day after it has come. */
  async function askedADayLater(fields: Record<string, string>): Promise<OriginAnswer> {
    const come = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    origin = await startOrigin(async ({ respond }) => {
      come.resolve();
      await goOn.promise;
      await respond(200, {});
    });
    const answer = ask(fields);
    await come.promise;
    jest.advanceTimersByTime(24 * 3_600_000);
    goOn.resolve();
    return await answer;
  }

  test.each(["text/event-stream", "Text/Event-Stream; charset=utf-8"])(
    "is waited for by who asks for events alone (%s)",
    async (accept) => {
      expect(await askedADayLater({ accept })).toMatchObject({ ok: true });
    },
  );

  test.each(["text/html", "application/json, text/event-stream", "text/event-streams"])(
    "is not by who asks for %s",
    async (accept) => {
      expect(await askedADayLater({ accept })).toMatchObject({ ok: false, failure: { status: 504 } });
    },
  );
});
