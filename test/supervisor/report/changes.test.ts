import { expect, test } from "bun:test";
import type { CauseTarget } from "../../../src/control/cacheability.ts";
import type { Advice } from "../../../src/control/explanation.ts";
import { type Advise, changesFor } from "../../../src/supervisor/report/changes.ts";
import { answered, causesOf, seen, times } from "./seen.ts";

const copied = (paths: readonly string[] | null, reason = "") =>
  `path = ${JSON.stringify(paths)}${reason === "" ? "" : ` # ${reason}`}`;

/** A rule for each reason. */
const byReason: Advise = async (asked) =>
  asked.map(({ target, paths }) => [
    { where: "origin", text: "Have the server send:", copy: "Cache-Control: s-maxage=60" },
    { where: "file", text: "Or, again only if it is right, a rule", copy: copied(paths, target.reason) },
  ]);

const always =
  (...advice: readonly Advice[]): Advise =>
  async (asked) =>
    asked.map(() => advice);

test("what needs the same is one change, with the rule for all of it and what all of it would save", async () => {
  const pictures = ["/img/a.png", "/img/b.png"].map((path) => seen(path, {}, "image/png"));
  expect(await changesFor(causesOf(pictures), byReason)).toEqual([
    {
      site: "shop",
      forwarded: "miss",
      reason: "no-lifetime",
      where: "file",
      text: "Only if it is right, a rule",
      copy: copied(["/img/*.png"], "no-lifetime"),
      matches: "/img/*.png",
      saves: times(18),
      urls: pictures.map(({ url }) => url),
    },
  ]);
});

test("what needs something else, or is of another site, is another change", async () => {
  const targets = [
    seen("/a"),
    seen("/b", { reason: "never-fresh" }),
    seen("/c", { site: "blog" }),
    seen("/d", { forwarded: "revalidate-stale" }),
  ];
  const changes = await changesFor(causesOf(targets), byReason);
  expect(changes.map(({ site, reason, matches }) => [site, reason, matches])).toEqual([
    ["shop", "no-lifetime", "/a, /d"],
    ["shop", "never-fresh", "/b"],
    ["blog", "no-lifetime", "/c"],
  ]);
});

test("what would be changed in the same way is one change, by whichever words it is advised", async () => {
  const bySame: Advise = async (asked) =>
    asked.map(({ target, paths }) => [{ where: "file", text: target.reason, copy: copied(paths) }]);
  const page = [seen("/", { reason: "stored-for-validation" }), seen("/", { reason: "revalidated" })];
  const changes = await changesFor(causesOf(page), bySame);
  expect(changes.map(({ matches, saves }) => [matches, saves])).toEqual([["/", times(18)]]);
});

test("those that save most are first, by time and then by requests, and there are five at the most", async () => {
  const sizes = [times(1, 50), times(3, 70), times(2, 70), times(9, 10), times(1, 20), times(1, 30)];
  const targets = sizes.map((again, index) => seen(`/${index}`, { again, reason: `reason-${index}` }));
  const changes = await changesFor(causesOf(targets), byReason);
  expect(changes.map(({ matches }) => matches)).toEqual(["/1", "/2", "/0", "/5", "/4"]);
});

test("what is one visitor's, what can be no hit and what would have saved nothing is left as it is", async () => {
  const personal = causesOf([seen("/my-account/orders"), seen("/cart")]);
  expect(await changesFor(personal, byReason)).toEqual([]);
  expect(await changesFor(causesOf([seen("/a")], false), byReason)).toEqual([]);
  expect(await changesFor(causesOf([seen("/a", { again: times(0) })]), byReason)).toEqual([]);
  const picture = causesOf([seen("/account/logo.png", {}, "image/png")]);
  expect(await changesFor(picture, byReason)).toHaveLength(1);
});

const rule = { where: "file", text: "A rule", copy: "rule" } as const;
const option = { where: "option", text: "An option", copy: "--option" } as const;
const field = { where: "origin", text: "A field", copy: "Field: value" } as const;
const words = { where: "origin", text: "Look into its log", copy: null } as const;
const client = { where: "client", text: "The client asks so", copy: null } as const;
const nothing = { where: "nothing", text: "It is right", copy: null } as const;

test.each<[what: string, advice: Advice[], told: string | undefined]>([
  ["a rule before all", [field, option, rule], "A rule"],
  ["then an option", [words, field, option], "An option"],
  ["then what the origin would send", [words, field], "A field"],
  ["then words", [client, words], "Look into its log"],
  ["and nothing where it is the client's to change", [client], undefined],
  ["or is right as it is", [nothing], undefined],
])("the one that is told is what an operator can follow at once: %s", async (_, advice, told) => {
  const [change] = await changesFor(causesOf([seen("/a")]), always(...advice));
  expect(change?.text).toBe(told as string);
});

const sent = (value: string): [string, string][] => [["cache-control", value]];

test.each<[what: string, target: CauseTarget, where: string]>([
  ["is said to be private", answered("/a", sent("private"), { clients: 9, bodies: 9 }), "origin"],
  [
    "is said to be private by nobody knows whom",
    answered("/a", sent("no-store"), { clients: 1, bodies: 0 }),
    "origin",
  ],
  ["is said to be private, and is the same for all", answered("/a", sent("private"), { clients: 9 }), "file"],
  [
    "differs for who has a cookie",
    answered("/a", [], { clients: 9, bodies: 9 }, [["cookie", "a=…"]]),
    "origin",
  ],
  [
    "differs, and sets a cookie",
    answered("/a", [["set-cookie", "a=…"]], { clients: 9, bodies: 9 }),
    "origin",
  ],
  [
    "is made anew for who has a cookie, and nobody knows whether it is the same",
    answered("/a", sent("no-cache, max-age=0"), { bodies: 0 }, [["cookie", "a=…"]]),
    "origin",
  ],
  ["is made anew for nobody in particular", answered("/a", sent("no-cache"), { bodies: 0 }), "file"],
  [
    "is made anew, and is the same for all",
    answered("/a", sent("no-cache"), {}, [["cookie", "a=…"]]),
    "file",
  ],
  ["differs, and is for nobody in particular", seen("/a", { clients: 9, bodies: 9 }), "file"],
  [
    "is a picture",
    answered("/a", [["content-type", "image/gif"], ...sent("private")], { bodies: 9 }),
    "file",
  ],
])("for what %s it is told who would say that it is everybody's", async (_, target, where) => {
  const changes = await changesFor(causesOf([target]), byReason);
  expect(changes.map((change) => change.where as string)).toEqual([where]);
});

test("a rule for what is the same for all is none for what may be each visitor's own", async () => {
  const same = answered("/offers", sent("private"), { clients: 9 });
  const unknown = answered("/news", sent("private"), { clients: 2, bodies: 0 });
  const changes = await changesFor(causesOf([same, unknown]), byReason);
  expect(changes.map(({ where, matches }) => [where as string, matches])).toEqual([
    ["file", "/offers"],
    ["origin", "/news"],
  ]);
});

test("nor is there one for a path at which somebody gets an own answer, whatever was said to others", async () => {
  const toMembers = answered("/", sent("no-cache"), { reason: "never-fresh", bodies: 0 }, [
    ["cookie", "a=…"],
  ]);
  const targets = [toMembers, seen("/"), seen("/?page=2"), seen("/", { site: "blog" })];
  const changes = await changesFor(causesOf(targets), byReason);
  expect(changes.map(({ site, where }) => [site, where as string]).toSorted()).toEqual([
    ["blog", "file"],
    ["shop", "origin"],
  ]);
});

test("a change that nobody can make takes the place of none that somebody can", async () => {
  const advise: Advise = async (asked) =>
    asked.map(({ target }) => (target.reason === "no-lifetime" ? [client] : [rule]));
  const dear = Array.from({ length: 6 }, (_, index) =>
    seen(`/${index}`, { again: times(90), site: `${index}` }),
  );
  const changes = await changesFor(causesOf([...dear, seen("/a", { reason: "never-fresh" })]), advise);
  expect(changes.map(({ matches }) => matches)).toEqual(["/a"]);
});

test("what the same rule would help is one change, whatever else is advised for some of it", async () => {
  const advise: Advise = async (asked) =>
    asked.map(({ target, paths }) => [
      { ...field, text: `Of ${target.forwarded}` },
      { ...rule, copy: copied(paths) },
    ]);
  const again = ["/p/1", "/p/2", "/p/3"].map((path) => seen(path, { forwarded: "revalidate-stale" }));
  const changes = await changesFor(causesOf([...again, seen("/p/1")]), advise);
  expect(changes.map(({ matches, saves, urls }) => [matches, saves.requests, urls.length])).toEqual([
    ["/p/*", 36, 3],
  ]);
});

test("a rule is advised for what was shown, costliest first", async () => {
  const shown: string[] = [];
  const advise: Advise = async (asked) => {
    shown.push(...asked.map(({ target }) => target.url));
    return await byReason(asked);
  };
  const targets = [answered("/a", [["etag", '"a"']]), seen("/b", { again: times(20) })];
  await changesFor(causesOf(targets), advise);
  expect(shown).toEqual(["http://shop.example/b", "http://shop.example/a", "http://shop.example/b"]);
});
