import { describe, expect, test } from "bun:test";
import { adviceFor } from "../../../src/serve/explain/advice.ts";
import { html, judged, noSite, shop, type Shown } from "./advised.ts";
import { factsLike, fetchedLike, storedLike } from "./samples.ts";

/** What is advised where a line to be copied would be wrong, or is not all. */

describe("what is no fault of caching", () => {
  test.each([
    [500, "origin", "The server fails (500)"],
    [503, "origin", "The server fails (503)"],
    [403, "nothing", "a 403 is for the one who asked"],
    [401, "nothing", "a 401 is for the one who asked"],
  ] as const)("is not advised to be stored: %d", async (status, where, text) => {
    for (const said of ["", "no-store", "no-cache, max-age=0"]) {
      const response = { ...html, ...(said === "" ? {} : { "cache-control": said }) };
      const { advice } = await judged({ ...shop, response }, { response, status });
      expect(advice).toMatchObject([{ where, text: expect.stringContaining(text), copy: null }]);
    }
  });

  test("a 304 that was copied is not the answer that would be stored, and the server is well", async () => {
    const shown = { response: { etag: '"a"' }, status: 304 };
    const { advice } = await judged({ ...shop, response: shown.response }, shown);
    expect(advice).toMatchObject([{ where: "client", text: expect.stringContaining("curl -i") }]);
  });
});

test("an origin that fails is what is told of, though what is stored could be fresh for longer", () => {
  const facts = factsLike({
    outcome: { kind: "revalidate", reason: "revalidate-stale", status: null },
    stored: [storedLike()],
    fetched: fetchedLike({ isStored: false, status: null, reason: "hit-stale-if-error" }),
  });
  expect(adviceFor(facts)).toMatchObject([{ where: "origin", copy: null }]);
  expect(adviceFor({ ...facts, fetched: null })[0]?.copy).toContain("stale-while-revalidate");
});

test("a rule that passes is told of once, though it decides of the request and of the response", () => {
  const facts = factsLike({
    rules: ["cart"],
    outcome: { kind: "pass", reason: "rule-pass", status: null },
    fetched: fetchedLike({ isStored: false, reason: "rule-pass" }),
  });
  expect(adviceFor(facts)).toHaveLength(1);
});

describe("a copy for each visitor", () => {
  const response = { ...html, "cache-control": "max-age=60", vary: "Accept-Encoding, Cookie" };
  const rules = '[[site.rule]]\nname = "anonymous"\nif = { path = "/blog/**" }\ncookies = "ignore"\n';
  const visited: Shown["request"] = [["Cookie", "session=1"]];

  test("is told of, though it is stored, with what would make one of them", async () => {
    const { advice } = await judged({ ...shop, response }, { response, request: visited });
    expect(advice.map(({ copy }) => copy)).toEqual([
      "Vary: Accept-Encoding",
      expect.stringContaining('cookies = "ignore"'),
    ]);
  });

  test("is told of where the request has no cookie itself", async () => {
    const { advice } = await judged({ ...shop, response }, { response });
    expect(advice).toMatchObject([{ where: "client", text: expect.stringContaining("-H 'Cookie: ") }]);
  });

  test("is told of where its lifetime is guessed", async () => {
    const guessed = { "last-modified": "Wed, 01 Jan 2020 12:00:00 GMT", vary: "User-Agent" };
    const shown: Shown = { response: guessed, request: [["User-Agent", "one"]] };
    const { advice } = await judged({ ...shop, response: guessed }, shown);
    expect(advice.map(({ copy }) => copy)).toContain("Vary: Accept-Encoding");
  });

  test("is not told of where a rule keeps the cookies away", async () => {
    const { advice } = await judged({ ...shop, rules, response }, { response, request: visited });
    expect(advice).toMatchObject([{ where: "nothing" }]);
  });
});

test("a page that varies by all, and says no time, gets both by one rule", async () => {
  const { advice } = await judged({ ...shop, response: { vary: "*" } }, { response: { vary: "*" } });
  expect(advice.at(-1)?.copy).toContain('remove-response = ["vary"]\nlifetime = "60s"');
});

test("what nobody running knows is marked in what is to be copied: which server was meant", async () => {
  const { advice } = await judged({ ...noSite, response: html }, { response: html });
  expect(advice.at(-1)?.copy).toContain('origins = ["http://127.0.0.1:8000"] # the address of your server');
});
