import { expect, test } from "bun:test";
import type { CauseTarget } from "../../../src/control/cacheability.ts";
import type { Advise } from "../../../src/supervisor/report/changes.ts";
import { unstoredFor } from "../../../src/supervisor/report/unstored.ts";
import { answered, causesOf, seen, times } from "./seen.ts";

const advice = {
  where: "origin",
  text: "Have the server send:",
  copy: "Cache-Control: s-maxage=60",
} as const;
const advise: Advise = async (asked) =>
  asked.map(() => [advice, { where: "nothing", text: "Nothing is to be changed: no.", copy: null }]);

const everyone = { clients: 7, bodies: 1 };
const oneVisitor = { clients: 1, bodies: 1 };
const same = "about 7 clients got the same";
const noCookie = "it is sent to who has no cookie, and sets none";

test.each<[what: string, target: CauseTarget, signs: string[]]>([
  ["a page of which all got the same", seen("/news", everyone), [same, noCookie]],
  ["a page for who has no cookie", seen("/news", oneVisitor), [noCookie]],
  [
    "a picture",
    { ...seen("/a.png", oneVisitor, "image/png") },
    ["it is image/png, of which pages are made", noCookie],
  ],
  ["the same with a cookie", answered("/news", [["set-cookie", "session=…"]], everyone), [same]],
  ["the same to who has one", answered("/news", [], everyone, [["cookie", "session=…"]]), [same]],
  [
    "the same that is said to be private",
    answered("/news", [["cache-control", "private"]], everyone),
    [same],
  ],
])("%s looks public", async (_, target, signs) => {
  expect(await unstoredFor(causesOf([target]), advise)).toEqual([
    { site: "shop", url: target.url, signs, requests: 10, advice: [advice] },
  ]);
});

test.each<[what: string, target: CauseTarget]>([
  ["a cart", seen("/cart", everyone)],
  ["who has a key", answered("/api", [], everyone, [["X-Api-Key", "…"]])],
  [
    "who has a cookie, each something else",
    answered("/a", [], { clients: 7, bodies: 7 }, [["cookie", "a=…"]]),
  ],
  ["one visitor with a cookie", answered("/a", [], oneVisitor, [["cookie", "a=…"]])],
  ["what is said to be private", answered("/a", [["cache-control", "no-store"]], { clients: 7, bodies: 4 })],
  ["an error", { ...seen("/a", everyone), evidence: { ...seen("/a").evidence, status: 404 } }],
  ["a form", { ...seen("/a", everyone), evidence: { ...seen("/a").evidence, method: "POST" } }],
  ["what is stored", seen("/a", { ...everyone, reason: "stored-for-validation" })],
])("%s does not", async (_, target) => {
  expect(await unstoredFor(causesOf([target]), advise)).toEqual([]);
});

test("what could be no hit is not among them, and those that cost most come first, twenty at the most", async () => {
  expect(await unstoredFor(causesOf([seen("/a", everyone)], false), advise)).toEqual([]);
  const many = Array.from({ length: 21 }, (_, index) => seen(`/${index}`, { all: times(index + 1) }));
  const found = await unstoredFor(causesOf(many), advise);
  expect(found.map(({ requests }) => requests)).toEqual(Array.from({ length: 20 }, (_, index) => 21 - index));
});
