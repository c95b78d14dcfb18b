import { describe, expect, test } from "bun:test";
import { bodyOfOrigin, OriginStalled } from "../../src/origin/body.ts";
import type { Deadline } from "../../src/origin/deadlines.ts";
import { textOfBody } from "../fixtures/body-reader.ts";

/** An answer of which the parts come when the test says so, and its request, which breaks the answer off when it ends. */
function answer(fields: Record<string, string>) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  const running = new Set<Deadline>();
  let aborted = 0;
  const body = bodyOfOrigin(new Response(stream, { headers: fields }), {
    deadlines: {
      begin(onPassed) {
        const deadline = { begunAtTick: 0, onPassed };
        running.add(deadline);
        return deadline;
      },
      end: (deadline) => void running.delete(deadline),
    },
    seconds: 30,
    abort() {
      aborted += 1;
      controller?.error(new Error("aborted"));
    },
  });
  if (body === null) throw new Error("a response with a stream has a body");
  return {
    body,
    running,
    aborted: () => aborted,
    send: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    end: () => controller?.close(),
    cut: () => controller?.error(new Error("ECONNRESET")),
    passDeadlines() {
      for (const { onPassed } of running) onPassed();
    },
  };
}

const decoded = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

const small = { "Content-Length": "65536" };
const large = { "Content-Length": "65537" };

describe("a body announced with at most 64 KB comes as one part", () => {
  test.each(["0", "10", "65536", "00010"])("Content-Length: %s", async (length) => {
    const { body, send, end } = answer({ "Content-Length": length });
    send("one ");
    const whole = body.read();
    send("two");
    end();
    expect(decoded(await whole)).toBe("one two");
    expect(await body.read()).toBeUndefined();
  });

  test.each<[string, Record<string, string>]>([
    ["more", large],
    ["nothing", {}],
    ["no one number", { "Content-Length": "3, 3" }],
    ["no number", { "Content-Length": "-3" }],
    ["chunks beside the length", { "Content-Length": "3", "Transfer-Encoding": "chunked" }],
  ])("but one announced with %s comes as it arrives", async (_, fields) => {
    const { body, send, end } = answer(fields);
    send("one");
    expect(decoded(await body.read())).toBe("one");
    send("two");
    end();
    expect(await textOfBody(body)).toBe("two");
  });
});

describe.each([
  ["small", small, "did not send all of its answer within"],
  ["large", large, "sent nothing more of its answer for"],
])("a %s body", (_, fields, lacking) => {
  test("that is empty has no parts, but an end", async () => {
    const { body, end } = answer(fields);
    end();
    expect(await body.read()).toBeUndefined();
    expect(await body.read()).toBeUndefined();
  });

  test("that is cut is no whole one", async () => {
    const { body, send, cut } = answer(fields);
    send("half");
    const all = textOfBody(body);
    cut();
    await expect(all).rejects.toThrow("ECONNRESET");
  });

  test("has a deadline only while somebody reads", async () => {
    const { body, running, send, end } = answer(fields);
    expect(running.size).toBe(0);
    const reading = body.read();
    expect(running.size).toBe(1);
    send("x");
    end();
    await reading;
    expect(running.size).toBe(0);
  });

  test("that is not there in time has stalled: its request ends, and who reads is told", async () => {
    const { body, passDeadlines, aborted, running } = answer(fields);
    const reading = body.read();
    passDeadlines();
    await expect(reading).rejects.toBeInstanceOf(OriginStalled);
    await expect(reading).rejects.toThrow(`the origin ${lacking} 30 s`);
    expect([aborted(), running.size]).toEqual([1, 0]);
  });

  test("whose end seems to come after its deadline has stalled all the same", async () => {
    const { body, send, end, passDeadlines } = answer(fields);
    send("half");
    const reading = body.read();
    end();
    passDeadlines();
    await expect(reading).rejects.toBeInstanceOf(OriginStalled);
  });

  test("that is not wanted ends its request", async () => {
    const { body, aborted } = answer(fields);
    await body.cancel();
    expect(aborted()).toBe(1);
    await expect(body.read()).rejects.toThrow("aborted");
  });
});

test("parts without bytes are passed over", async () => {
  const { body, send, end } = answer(large);
  send("");
  send("x");
  end();
  expect(decoded(await body.read())).toBe("x");
});

test("a response without a body has none, but when it says that it has", () => {
  const limit = {
    deadlines: { begin: (onPassed: () => void) => ({ begunAtTick: 0, onPassed }), end: () => undefined },
    seconds: 1,
    abort: () => undefined,
  };
  expect(bodyOfOrigin(new Response(null), limit)).toBeNull();
  expect(bodyOfOrigin(new Response(null, { headers: { "Content-Length": "0" } }), limit)).not.toBeNull();
});
