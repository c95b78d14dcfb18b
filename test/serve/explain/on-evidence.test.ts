import { describe, expect, test } from "bun:test";
import type { AdvisedTarget } from "../../../src/control/cacheability.ts";
import { isAvoidable } from "../../../src/rules/avoidable.ts";
import { isReasonName, type ReasonName, reasons } from "../../../src/rules/reason.ts";
import { adviceFor } from "../../../src/serve/explain/advice.ts";
import { adviceOnEvidence } from "../../../src/serve/explain/on-evidence.ts";
import { factsLike, fetchedLike } from "./samples.ts";

function shown(said: Partial<AdvisedTarget> = {}): AdvisedTarget {
  return {
    ...{ site: "shop", forwarded: "miss", reason: "no-lifetime", url: "http://shop.example/blog/post" },
    evidence: {
      ...{ method: "GET", status: 200, requestFields: [] },
      responseFields: [
        ["content-type", "text/html"],
        ["content-length", "5"],
      ],
    },
    paths: null,
    ...said,
  };
}

describe("of what a request and its answer looked like", () => {
  test("the same is advised as of one that is explained", () => {
    const fetched = fetchedLike({ fields: shown().evidence.responseFields });
    expect(adviceOnEvidence(factsLike(), shown())).toEqual(adviceFor(factsLike({ fetched })));
  });

  test("it does not matter that such a request would be a hit by now", () => {
    const now = factsLike({ outcome: { kind: "hit", reason: "hit-fresh", status: 200 } });
    expect(adviceOnEvidence(now, shown())).toEqual(adviceOnEvidence(factsLike(), shown()));
  });

  test("a site that has to be made for a rule has its origin, though that would not be asked by now", () => {
    const origins = ["http://127.0.0.1:8000"];
    const [, file] = adviceOnEvidence(factsLike({ site: "", origins, origin: null }), shown());
    expect(file?.copy).toContain('origins = ["http://127.0.0.1:8000"]');
  });

  test("a rule is for the paths that are named", () => {
    const [, file] = adviceOnEvidence(factsLike(), shown({ paths: ["/img/*", "/a.css"] }));
    expect(file?.copy).toContain('if = { path = ["/img/*", "/a.css"] }');
  });

  test.each<[string, AdvisedTarget["evidence"]["responseFields"], string]>([
    ["with a length", [["content-length", "5"]], "default-lifetime"],
    ["in chunks", [["transfer-encoding", "chunked"]], "lifetime"],
  ])("an answer %s wants %s", (_, responseFields, name) => {
    const evidence = { ...shown().evidence, responseFields };
    const [, file] = adviceOnEvidence(factsLike(), shown({ evidence }));
    expect(file?.copy).toContain(`\n${name} = `);
  });
});

/** Of several answers what is advised for such a reason alone. */
function advisedFor(reason: ReasonName) {
  const answers = [200, 302, 404, 500].map((status) => fetchedLike({ status, reason }));
  const outcome = (name: ReasonName) => ({ kind: "miss", reason: name, status: null }) as const;
  return [
    ...adviceFor(factsLike({ outcome: outcome(reason), key: null })),
    ...answers.flatMap((fetched) => adviceFor(factsLike({ outcome: outcome("hit-fresh"), fetched }))),
  ];
}

describe("what could have been a hit and what could not is said as advice says it:", () => {
  /** That nothing is stored yet is no more than a fact; and that it may vary is told of those who have missed it. */
  const saidElsewhere = new Set(["miss", "vary-miss", "stored-heuristic"]);
  /** What the operator wants so is explained with how he would have it otherwise, and is no loss. */
  const ordered = new Set(["rule-pass", "rule-no-store", "rule-deny", "rule-redirect"]);
  const names = Object.keys(reasons).filter(isReasonName);

  test.each(names.filter((name) => !saidElsewhere.has(name) && !ordered.has(name)))("%s", (name) => {
    const canChange = advisedFor(name).some(({ where }) => where !== "nothing");
    // By itself: beside a reason of which nothing is to be said. A method that is passed on is so whatever its answer.
    expect(isAvoidable("hit-fresh", name)).toBe(canChange);
  });

  test.each(names.filter((name) => ordered.has(name)))("%s, which the operator has said", (name) => {
    const told = advisedFor(name).filter(({ where }) => where === "file");
    expect([told.length > 0, isAvoidable("hit-fresh", name)]).toEqual([true, false]);
  });
});
