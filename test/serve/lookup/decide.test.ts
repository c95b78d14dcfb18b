import { describe, expect, test } from "bun:test";
import type { ReasonName } from "../../../src/rules/reason.ts";
import { variantKey } from "../../../src/rules/vary.ts";
import { type Decision, decide, type Situation } from "../../../src/serve/lookup/decide.ts";
import { type Fields, now, plainOptions, policyFor, reader } from "../../rules/exchange.ts";

/** What a request gets of what is stored, without a store, a clock or an origin. */

interface Stored {
  readonly name: string;
  readonly response: { readonly policy: ReturnType<typeof policyFor>; readonly variantKey: string };
}

/** A response to a request with the fields. */
function stored(name: string, response: Fields, request: Fields = {}): Stored {
  const policy = policyFor(response, { request });
  return { name, response: { policy, variantKey: variantKey(policy.vary, reader(request)) } };
}

const page = stored("page", { "cache-control": "max-age=100, public", etag: '"a"' });
const gracious = stored("gracious", {
  "cache-control": "max-age=100, stale-while-revalidate=30, stale-if-error=60",
});
const strict = stored("strict", { "cache-control": "max-age=100, must-revalidate" });
const unstated = stored("unstated", { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" });
const stated = stored("stated", { "cache-control": "max-age=100" });
const german = stored(
  "german",
  { "cache-control": "max-age=100", vary: "Accept-Language" },
  { "accept-language": "de" },
);
const french = stored(
  "french",
  { "cache-control": "max-age=100", vary: "Accept-Language" },
  { "accept-language": "fr" },
);

type Case = readonly [
  what: string,
  found: readonly Stored[],
  request: Fields,
  situation: Partial<Situation> & { readonly age?: number },
  decision: readonly [kind: Decision<Stored>["kind"], reason: ReasonName, ...more: unknown[]],
];

const reuse = { clientCacheControl: "honour", maxOutage: 0, isOffline: false } as const;

/** As the cases tell it: what is found, why the origin is asked, and whether it is asked in the background. */
function told(decision: Decision<Stored>): unknown[] {
  switch (decision.kind) {
    case "hit":
      return ["hit", decision.reason, decision.found.name];
    case "stale":
      return ["stale", decision.reason, decision.found.name, decision.revalidateInBackground];
    case "revalidate":
      return ["revalidate", decision.reason, decision.found.name, decision.forward];
    case "miss":
      return ["miss", decision.reason, decision.forward, decision.candidates.map(({ name }) => name)];
  }
}

const cases: Record<string, readonly Case[]> = {
  "nothing that answers": [
    ["nothing", [], {}, {}, ["miss", "miss", "uri-miss", []]],
    [
      "another variant",
      [german],
      { "accept-language": "fr" },
      {},
      ["miss", "vary-miss", "vary-miss", ["german"]],
    ],
    [
      "what an unknown sender was given without a word of caching, for one who is known",
      [unstated],
      { cookie: "session=1" },
      {},
      ["miss", "sender-miss", "request", []],
    ],
    [
      "what is for those without a key of their own, for one who has one",
      [stated],
      { "x-api-key": "secret" },
      {},
      ["miss", "identity-miss", "request", []],
    ],
  ],
  "what is fresh": [
    ["a page", [page], {}, {}, ["hit", "hit-fresh", "page"]],
    ["for the last second", [page], {}, { age: 99 }, ["hit", "hit-fresh", "page"]],
    ["of two variants", [german, french], { "accept-language": "fr" }, {}, ["hit", "hit-fresh", "french"]],
    [
      "though the origin has failed since",
      [gracious],
      {},
      { failure: "unreachable" },
      ["hit", "hit-fresh", "gracious"],
    ],
    [
      "when the client wants it asked about",
      [page],
      { "cache-control": "no-cache" },
      {},
      ["revalidate", "request-no-cache", "page", "request"],
    ],
    [
      "when the client has a condition for the origin",
      [page],
      { "if-match": '"a"' },
      {},
      ["revalidate", "request-condition", "page", "request"],
    ],
  ],
  "what is stale": [
    ["a page", [page], {}, { age: 100 }, ["revalidate", "revalidate-stale", "page", "stale"]],
    [
      "and must be asked about",
      [strict],
      {},
      { age: 100 },
      ["revalidate", "revalidate-must", "strict", "stale"],
    ],
    [
      "and accepted by the client",
      [page],
      { "cache-control": "max-stale" },
      { age: 100 },
      ["stale", "hit-max-stale", "page", false],
    ],
    [
      "within its grace",
      [gracious],
      {},
      { age: 129 },
      ["stale", "hit-stale-while-revalidate", "gracious", true],
    ],
    [
      "after its grace",
      [gracious],
      {},
      { age: 130 },
      ["revalidate", "revalidate-stale", "gracious", "stale"],
    ],
    [
      "within its grace, where nothing is refreshed in the background",
      [gracious],
      {},
      { age: 129, canRefresh: false },
      ["revalidate", "revalidate-stale", "gracious", "stale"],
    ],
  ],
  "what is stale, of an origin that has failed": [
    [
      "to answer",
      [gracious],
      {},
      { age: 140, failure: "unreachable" },
      ["stale", "hit-stale-if-error", "gracious", true],
    ],
    [
      "with a 503",
      [gracious],
      {},
      { age: 140, failure: 503 },
      ["stale", "hit-stale-if-error", "gracious", true],
    ],
    [
      "with a 501",
      [gracious],
      {},
      { age: 140, failure: 501 },
      ["revalidate", "revalidate-stale", "gracious", "stale"],
    ],
    [
      "too long ago",
      [gracious],
      {},
      { age: 160, failure: 503 },
      ["revalidate", "revalidate-stale", "gracious", "stale"],
    ],
    [
      "and does not permit it",
      [strict],
      {},
      { age: 101, failure: 503 },
      ["revalidate", "revalidate-must", "strict", "stale"],
    ],
    [
      "but the client wants it asked about",
      [gracious],
      { "cache-control": "no-cache" },
      { age: 140, failure: 503 },
      ["revalidate", "request-no-cache", "gracious", "request"],
    ],
    [
      "within its grace, where nothing is refreshed in the background",
      [gracious],
      {},
      { age: 129, failure: 503, canRefresh: false },
      ["stale", "hit-stale-if-error", "gracious", false],
    ],
  ],
};

describe.each(Object.entries(cases))("%s", (_, rows) => {
  test.each(rows.map((row) => [row[0], row] as const))(
    "%s",
    (__, [, found, request, situation, expected]) => {
      const { age = 0, ...rest } = situation;
      const at: Situation = { now: now + age * 1000, failure: null, canRefresh: true, ...rest };
      const decision = decide(found, reader(request), at, { storing: plainOptions, reuse });
      expect(told(decision)).toEqual([...expected]);
    },
  );
});

test("what is withheld is no candidate for what the origin may confirm", () => {
  const withheld = stored(
    "withheld",
    { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT", vary: "Accept-Language" },
    { "accept-language": "fr" },
  );
  const decision = decide(
    [withheld, german, page],
    reader({ cookie: "session=1", "accept-language": "fr" }),
    { now: now + 200_000, failure: null, canRefresh: true },
    { storing: plainOptions, reuse },
  );
  expect(decision).toMatchObject({ kind: "revalidate", found: { name: "page" } });
  const candidates = "candidates" in decision ? decision.candidates : [];
  expect(candidates.map(({ name }) => name)).toEqual(["german", "page"]);
});
