import { describe, expect, test } from "bun:test";
import type { Cause, Volume } from "../../src/control/cacheability.ts";
import { questionAbout, saidOf } from "../../src/page/causes/evidence.ts";
import { causesSeen, headlinesOf, sitesIn } from "../../src/page/causes/seen.ts";

function volume(requests: number, milliseconds: number): Volume {
  return { requests, bytes: requests * 100, milliseconds };
}

function cause(reason: string, part: Partial<Cause> = {}): Cause {
  const { isAvoidable = true, again = volume(8, 800) } = part;
  return {
    ...{ site: "shop", forwarded: "miss", reason, isAvoidable, all: volume(10, 1_000), again },
    avoidable: isAvoidable ? again : volume(0, 0),
    ...{ sentences: [], advice: [], targets: [] },
    ...part,
  };
}

const shop = { site: "shop", requests: 100, bytes: 10_000, hits: 60, hitBytes: 7_000 };
const blog = { site: "blog", requests: 10, bytes: 1_000, hits: 1, hitBytes: 100 };

describe("the causes that are shown", () => {
  test("are apart by whether they can be changed, in the order in which they come", () => {
    const post = cause("method-not-cached", { isAvoidable: false });
    const seen = causesSeen({ totals: [shop], causes: [cause("set-cookie"), post, cause("private")] }, null);
    expect(seen.toChange.map(({ reason }) => reason)).toEqual(["set-cookie", "private"]);
    expect(seen.toLeave.map(({ reason }) => reason)).toEqual(["method-not-cached"]);
  });

  test("could have been hits where the same was asked for before and something can be changed; the rest could not", () => {
    const post = cause("method-not-cached", { isAvoidable: false });
    const { avoidable, unavoidable } = causesSeen({ totals: [shop], causes: [cause("private"), post] }, null);
    expect(avoidable).toEqual({ requests: 8, bytes: 800, milliseconds: 800 });
    expect(unavoidable).toEqual({ requests: 12, bytes: 1_200, milliseconds: 1_200 });
  });

  test("are not what looks like one visitor's, though something can be changed", () => {
    const cart = cause("private", { avoidable: volume(3, 300) });
    const { avoidable, unavoidable } = causesSeen({ totals: [shop], causes: [cart] }, null);
    expect([avoidable.requests, unavoidable.requests]).toEqual([3, 7]);
  });

  test("have bars as long as clients have waited for what could have been a hit", () => {
    const half = cause("private", { again: volume(900, 400) });
    const { toChange } = causesSeen({ totals: [], causes: [cause("set-cookie"), half] }, null);
    expect(toChange.map(({ length }) => length)).toEqual([1, 0.5]);
  });

  test("are left alone where nobody has asked for the same again, whatever could be changed", () => {
    const once = cause("private", { again: volume(0, 0) });
    const seen = causesSeen({ totals: [shop], causes: [once, cause("set-cookie")] }, null);
    expect(seen.toChange.map(({ reason }) => reason)).toEqual(["set-cookie"]);
    expect(seen.toLeave.map(({ reason }) => reason)).toEqual(["private"]);
  });

  test("have bars by requests where nobody has waited for long, and none where there was nothing", () => {
    const causes = [
      cause("private", { again: volume(8, 0.2) }),
      cause("no-store", { again: volume(2, 0.4) }),
    ];
    const lengths = causesSeen({ totals: [], causes }, null).toChange.map(({ length }) => length);
    expect(lengths).toEqual([1, 0.25]);
    const none = causesSeen(
      { totals: [], causes: [cause("private", { all: volume(0, 0), again: volume(0, 0) })] },
      null,
    );
    expect(none.toLeave.map(({ length }) => length)).toEqual([0]);
  });

  test("are of one site where one is wanted, and so are the totals", () => {
    const told = { totals: [shop, blog], causes: [cause("private"), cause("private", { site: "blog" })] };
    expect(sitesIn(told)).toEqual(["blog", "shop"]);
    expect(causesSeen(told, null)).toMatchObject({ requests: 110, hits: 61, bytes: 11_000, hitBytes: 7_100 });
    const ofBlog = causesSeen(told, "blog");
    expect(ofBlog).toMatchObject({ requests: 10, hits: 1 });
    expect(ofBlog.toChange.map(({ site }) => site)).toEqual(["blog"]);
  });
});

test.each([
  [
    ["asked the origin: nothing is stored", "not stored: it has Set-Cookie"],
    ["Not stored: it has Set-Cookie", "Asked the origin: nothing is stored"],
  ],
  [
    ["asked the origin: it was for other fields", "stored: it has a lifetime"],
    ["Asked the origin: it was for other fields", "Stored: it has a lifetime"],
  ],
  [["passed to the origin: a POST"], ["Passed to the origin: a POST"]],
])("a cause is told by what explains most: %p", (sentences, headlines) => {
  expect(headlinesOf({ sentences })).toEqual(headlines);
});

describe("of a URL behind a cause", () => {
  const evidence = {
    method: "HEAD",
    status: 200,
    requestFields: [
      ["user-agent", "b"],
      ["accept", "*/*"],
      ["cookie", "lang=…"],
    ] as [string, string][],
    responseFields: [
      ["date", "now"],
      ["vary", "Accept-Encoding, User-Agent,Cookie"],
      ["surrogate-control", "no-store"],
    ] as [string, string][],
  };

  test("it is told what the origin has said of keeping its answer", () => {
    const said = "200 · vary: Accept-Encoding, User-Agent,Cookie · surrogate-control: no-store";
    expect(saidOf(evidence)).toBe(said);
  });

  test("the same can be explained, of a client with the fields by which the answer was chosen, but for what is hidden", () => {
    const url = "http://shop.example/";
    const asked = { url, method: "HEAD", fields: "user-agent: b", from: "", fetch: false };
    expect(questionAbout({ url, evidence })).toEqual(asked);
  });
});
