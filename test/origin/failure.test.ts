import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createForward, type OriginAnswer } from "../../src/origin/forward.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";

const timeouts = { firstByteTimeout: 100, idleTimeout: 100, clientTimeout: 100 };
/** Who looks for a name may take long to find that there is none. */
const patientTimeouts = { ...timeouts, firstByteTimeout: 10_000 };
const opened: Origin[] = [];
afterEach(async () => {
  for (const origin of opened.splice(0)) await origin.stop();
});

/** What one request comes to, and what the operator hears of it. */
async function ask(origin: string, abort = new AbortController()) {
  const told: string[] = [];
  const forward = createForward({
    origin,
    ...(origin.includes("no-such-host") ? patientTimeouts : timeouts),
    ...systemClocks,
    onFailure: (reason, message) => told.push(`${reason}: ${message}`),
  });
  const request = { method: "GET", target: "/secret-page", fields: new Headers(), body: null };
  return { told, answer: await forward(request, abort) };
}

async function originThat(script: Script): Promise<string> {
  const origin = await startOrigin(script);
  opened.push(origin);
  return origin.url;
}

function explanationOf(answer: OriginAnswer): string {
  if (answer.ok) throw new Error("the origin has answered");
  return answer.failure.explanation;
}

function saying(head: string): () => Promise<string> {
  return () => originThat(({ send }) => void send(head));
}

describe("an origin that gives no answer is named to the operator, and to no client", () => {
  test.each<[what: string, origin: () => Promise<string>, told: RegExp]>([
    ["refuses", async () => "http://127.0.0.1:1", /^origin-refused: .* (?:ConnectionRefused|ECONNREFUSED)$/],
    ["has no such name", async () => "http://no-such-host.invalid", /^origin-not-found: /],
    ["hangs", () => originThat(() => undefined), /^origin-timeout: .* nothing within 0\.1 s$/],
    [
      "cuts the connection",
      () => originThat((exchange) => exchange.reset()),
      /^origin-broken: .* E?C[A-Za-z]+$/,
    ],
    [
      "has an odd status",
      saying("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"),
      /^origin-broken: .* status 999$/,
    ],
    ["is no HTTP server", saying("220 smtp.test ESMTP\r\n"), /^origin-broken: /],
    [
      "answers in another coding",
      saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
      /^origin-broken: the origin answered in a transfer coding/,
    ],
  ])("one that %s", async (_, start, expected) => {
    const origin = await start();
    const { told, answer } = await ask(origin);
    expect(told).toEqual([expect.stringMatching(expected)]);
    expect(told[0]).toContain(origin);
    expect(told[0]).not.toContain("secret-page");
    expect(explanationOf(answer)).toMatch(/^the (?:name of the )?origin [a-z ]+$/i);
    expect(explanationOf(answer)).not.toContain(new URL(origin).host);
  });
});

test.skipIf(process.platform === "win32")(
  "no descriptor for a connection is a 503, until there is one",
  async () => {
    const origin = await originThat((exchange) => void exchange.respond(200, {}, "hello"));
    const script = join(import.meta.dir, "crowded-process.ts");
    const command = ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh", process.execPath, script, origin];
    const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
    expect(await child.stdout.text()).toBe("503 no-descriptor 200");
  },
);

test("a client that leaves is no fault of the origin, and told to nobody", async () => {
  const abort = new AbortController();
  const told: unknown[] = [];
  const origin = await originThat(() => abort.abort());
  const onFailure = (reason: string) => told.push(reason);
  const forward = createForward({ origin, ...timeouts, ...systemClocks, onFailure });
  const request = { method: "GET", target: "/", fields: new Headers(), body: null };
  await expect(forward(request, abort)).rejects.toThrow();
  expect(told).toEqual([]);
});
