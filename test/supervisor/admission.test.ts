import { describe, expect, test } from "bun:test";
import { secretOf } from "../../src/sites/secret.ts";
import { type AdmissionOptions, createAdmission } from "../../src/supervisor/admin/admission.ts";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { refusalOfPlace } from "../../src/supervisor/admin/place-of-origin.ts";
import type { Audience, Route } from "../../src/supervisor/admin/route.ts";
import { createFakeClock, settle, watch } from "./fake-clock.ts";

const token = "sixteen-letters-and-more";
const right = `Bearer ${token}`;
const own = ["cache.internal"];

function from(fields: Record<string, string>, method = "GET"): number {
  const request = new Request("http://127.0.0.1/", { method, headers: fields });
  return refusalOfPlace(request, own)?.status ?? 200;
}

describe("Host, against DNS rebinding", () => {
  test.each([
    ["127.0.0.1:9090", 200],
    ["localhost:9090", 200],
    ["LOCALHOST", 200],
    ["[::1]:9090", 200],
    ["10.1.2.3", 200],
    ["cache.internal:9090", 200],
    ["Cache.Internal", 200],
    ["evil.example:9090", 421],
    ["127.0.0.1.evil.example", 421],
    ["127.0.0.1:9090, evil.example", 421],
    ["evil.example, 127.0.0.1", 421],
    ["localhost.evil.example", 421],
    ["localhost.", 421],
    ["evil.example:localhost", 421],
    ["evil.example#:9090", 421],
    ["user@127.0.0.1", 421],
    ["[::1]evil.example", 421],
    ["", 421],
  ])("%p is answered with %d", (host, status) => {
    expect(from({ host })).toBe(status);
  });

  test("without any it is refused", () => expect(from({})).toBe(421));
});

describe("Origin", () => {
  test.each([
    ["http://127.0.0.1:9090", "127.0.0.1:9090", 200],
    ["http://localhost:9090", "LOCALHOST:9090", 200],
    ["http://localhost", "localhost:80", 200],
    // A proxy that speaks TLS stands before the door.
    ["https://cache.internal", "cache.internal", 200],
    ["https://cache.internal", "cache.internal:443", 200],
    ["null", "127.0.0.1:9090", 403],
    ["", "127.0.0.1:9090", 403],
    ["http://evil.example", "127.0.0.1:9090", 403],
    ["http://127.0.0.1:3000", "127.0.0.1:9090", 403],
    ["http://localhost:9090", "127.0.0.1:9090", 403],
    ["http://127.0.0.1:9090.evil.example", "127.0.0.1:9090", 403],
    ["http://127.0.0.1:9090, http://evil.example", "127.0.0.1:9090", 403],
    ["file://", "127.0.0.1:9090", 403],
    ["chrome-extension://127.0.0.1:9090", "127.0.0.1:9090", 403],
  ])("%p to Host %p is answered with %d", (origin, host, status) => {
    expect(from({ origin, host })).toBe(status);
  });
});

describe("what browsers say of a request (Fetch Metadata)", () => {
  const visit = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  test.each([
    ["GET", "same-origin", {}, 200],
    ["GET", "none", visit, 200],
    ["GET", "cross-site", {}, 403],
    // Another port of localhost is the same site.
    ["GET", "same-site", {}, 403],
    ["GET", "cross-site", visit, 200],
    ["HEAD", "cross-site", visit, 200],
    ["POST", "cross-site", visit, 403],
    ["GET", "cross-site", { ...visit, "sec-fetch-dest": "iframe" }, 403],
    ["GET", "cross-site", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }, 403],
    ["GET", "nonsense", {}, 403],
  ])("%s %s %j is answered with %d", (method, site, others, status) => {
    expect(from({ host: "localhost", "sec-fetch-site": site, ...others }, method)).toBe(status);
  });
});

function route(path: string, audience: Audience): Route {
  return {
    ...{ method: "GET", path, audience, summary: "a test", answer: "text/plain" },
    respond: (context) => context.text("told"),
  };
}

function openApp(wishes: Partial<AdmissionOptions> = {}) {
  const clock = createFakeClock();
  const admission = createAdmission({
    ...{ hostNames: own, clock },
    isOpen: (audience) => audience === "healthz",
    token: () => secretOf(token),
    ...wishes,
  });
  const routes = [route("/stats", "operator"), route("/healthz", "healthz"), route("/metrics", "metrics")];
  const app = createAdminApp({ routes, admission, onError: () => undefined });
  const ask = async (path: string, fields: Record<string, string> = {}, address = "192.0.2.1") =>
    app.request(path, { headers: { Host: "localhost", ...fields } }, { address });
  const guess = (address: string, authorization = "Bearer wrong") =>
    ask("/stats", { Authorization: authorization }, address);
  return { app, ask, guess, clock };
}

describe("the token", () => {
  test.each([
    ["/stats", {}, 401],
    ["/metrics", {}, 401],
    ["/healthz", {}, 200],
    ["/", {}, 200],
    ["/openapi.json", {}, 200],
    ["/stats", { Authorization: right }, 200],
    ["/metrics", { Authorization: right }, 200],
    ["/stats", { Authorization: `bEARER  ${token}` }, 200],
    [`/stats?access_token=${token}`, {}, 401],
    [`/stats?token=${token}`, {}, 401],
    ["/stats", { Cookie: `token=${token}` }, 401],
    ["/stats", { "X-Token": token }, 401],
  ])("%s with %j is answered with %d", async (path, fields, status) => {
    const { ask } = openApp();
    expect((await ask(path, fields)).status).toBe(status);
  });

  test.each([
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Bearer ${token}, Bearer ${token}`,
    `Basic ${token}`,
    token,
    "Bearer",
    "",
  ])("%p is none", async (authorization) => {
    const { guess, clock } = openApp();
    const answer = guess("192.0.2.1", authorization);
    await clock.advance(1_000);
    expect((await answer).status).toBe(401);
  });

  test("what asks for it says how, and shows nothing", async () => {
    const response = await openApp().ask("/stats");
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toEqual({
      error:
        "this needs a token, as Authorization: Bearer; that of --admin-token, or else of the file admin.token in the cache folder",
    });
  });

  test("while there is none nobody has it", async () => {
    const { guess, clock } = openApp({ token: () => null });
    const answer = guess("192.0.2.1", right);
    await clock.advance(1_000);
    expect((await answer).status).toBe(401);
  });

  test("a foreign Host is refused with the right token, too", async () => {
    expect((await openApp().ask("/stats", { Authorization: right, Host: "evil.example" })).status).toBe(421);
  });

  test("the unix socket needs none", async () => {
    const app = createAdminApp({ routes: [route("/stats", "operator")], onError: () => undefined });
    const response = await app.request("/stats", { headers: { Host: "whatever", Origin: "null" } });
    expect(response.status).toBe(200);
  });
});

describe("whoever guesses", () => {
  test("hears a second later that it was wrong", async () => {
    const { guess, clock } = openApp();
    const answer = watch(guess("192.0.2.1"));
    await clock.advance(999);
    expect(answer.settled).toBe(false);
    await clock.advance(1);
    await settle();
    expect(answer.settled).toBe(true);
  });

  test.each([
    ["192.0.2.1", "192.0.2.1", 429],
    ["192.0.2.1", "192.0.2.2", 200],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 429],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", 200],
    ["::1", "0:0:0:0:1::", 429],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2", 200],
  ])(
    "from %s ten times at once: then %s is answered with %d, even with the right one",
    async (one, other, status) => {
      const { guess, clock } = openApp();
      const wrong = Array.from({ length: 10 }, () => guess(one));
      await settle();
      expect((await guess(other, right)).status).toBe(status);
      await clock.advance(1_000);
      expect((await Promise.all(wrong)).map((answer) => answer.status)).toEqual(Array(10).fill(401));
      expect((await guess(other, right)).status).toBe(200);
    },
  );
});
