import { describe, expect, test } from "bun:test";
import type { Facts } from "../../../src/control/explanation.ts";
import { reasons } from "../../../src/rules/reason.ts";
import { adviceFor } from "../../../src/serve/explain/advice.ts";
import { spoken, written } from "../../../src/serve/explain/durations.ts";
import { fieldLines } from "../../../src/serve/explain/field-lines.ts";
import { stepsFor, stepsForShown } from "../../../src/serve/explain/words.ts";
import { factsLike, fetchedLike, storedLike } from "./samples.ts";

function told(facts: Facts): string[] {
  return stepsFor(facts).map(({ about, text, clause }) => `${about}: ${text}${clause ? ` ${clause}` : ""}`);
}

describe("an explanation in words", () => {
  test("of a hit says what is stored, and for how long it is fresh", () => {
    const facts = factsLike({
      rules: ["blog"],
      key: { key: "key", target: "/blog/post", marks: ["cookie lang=de"], leftOut: ["query utm_source"] },
      stored: [storedLike()],
      outcome: { kind: "hit", reason: "hit-fresh", status: 200 },
      origin: null,
    });
    expect(told(facts)).toEqual([
      "verdict: Answered from the cache. It is fresh for another 48 seconds.",
      "site: shop",
      "rules: blog",
      "key: /blog/post of http://shop.example, and cookie lang=de",
      "key: left out: query utm_source",
      "stored: A 200, in memory, 12 seconds old; fresh for another 48 seconds (1 minute by max-age).",
      "decision: The stored response is fresh. RFC 9111 §4.2",
    ]);
  });

  test("of a miss whose answer was fetched says what the origin said, and why that is not stored", () => {
    const fields: [string, string][] = [
      ["cache-control", "private"],
      ["set-cookie", "session=secret; Path=/"],
    ];
    const facts = factsLike({ fetched: fetchedLike({ fields, reason: "response-private" }) });
    expect(told(facts)).toEqual([
      "verdict: Not answered from the cache: the origin is asked. Its answer would not be stored.",
      "site: shop",
      "rules: none decides here",
      "key: /blog/post?page=2 of http://shop.example",
      "stored: nothing",
      "decision: Nothing is stored for this target. RFC 9111 §4",
      "origin: Is sent GET http://127.0.0.1:8081/blog/post?page=2.",
      "response: 200 after 32 ms, with Cache-Control: private; Set-Cookie: session=….",
      "response: The response says Cache-Control: private. RFC 9111 §5.2.2.7",
    ]);
  });

  test("of a host that is nobody's says no more than that", () => {
    const outcome = { kind: "own", reason: "host-unknown", status: 421 } as const;
    expect(told(factsLike({ site: null, key: null, origin: null, outcome }))).toEqual([
      "verdict: Answered by cacheproxy itself; the origin is not asked.",
      "site: none answers for shop.example",
      "decision: Answered with 421. No site here has the host of the request. RFC 9110 §15.5.20",
    ]);
  });

  test.each([
    ["none", [], null, "What is stored is not used: the origin is asked for it anew."],
    [
      "its ETag",
      [["if-none-match", '"a"']],
      null,
      "The origin is asked whether what is stored is still right.",
    ],
    [
      "none, and fails",
      [],
      "hit-stale-if-error",
      "What is stored is not used: the origin is asked for it anew. It fails, so that what is stored is served, though it is stale.",
    ],
  ] as const)("of what is stale says what the origin is asked: with %s", (_, fields, failed, verdict) => {
    const facts = factsLike({
      outcome: { kind: "revalidate", reason: "revalidate-stale", status: null },
      stored: [storedLike()],
      fetched: failed === null ? null : fetchedLike({ isStored: false, reason: failed }),
    });
    const origin = facts.origin && {
      ...facts.origin,
      fields: fields.map(([a, b]): [string, string] => [a, b]),
    };
    expect(told({ ...facts, origin })[0]).toBe(`verdict: ${verdict}`);
  });

  test("of what a soft purge has ended says so", () => {
    const stored = [
      storedLike({ lifetime: 0, remaining: -1, lifetimeSource: "purged", revalidateAlways: true }),
    ];
    const facts = factsLike({
      stored,
      outcome: { kind: "revalidate", reason: "revalidate-purged", status: null },
    });
    expect(told(facts).find((line) => line.startsWith("stored"))).toContain("made stale by a soft purge");
  });

  test("of many variants tells of the first ones", () => {
    const stored = Array.from({ length: 11 }, (_, number) =>
      storedLike({ variant: [["accept-language", `${number}`]], isSelected: false }),
    );
    const lines = told(factsLike({ stored })).filter((line) => line.startsWith("stored: "));
    expect(lines).toHaveLength(9);
    expect(lines[0]).toContain("for requests with accept-language: 0, in memory");
    expect(lines[0]).toEndWith("; not for this request.");
    expect(lines.at(-1)).toBe("stored: and 3 others");
  });

  test("of a response that was shown says nothing of the store, which was not asked", () => {
    const about = stepsForShown(factsLike({ fetched: fetchedLike() })).map((each) => each.about);
    expect(about).toEqual(["verdict", "site", "rules", "key", "response", "response"]);
  });

  test("of a reason that is not known has its name", () => {
    const outcome = { kind: "miss", reason: "of-tomorrow", status: null } as const;
    expect(told(factsLike({ outcome }))).toContain("decision: of-tomorrow.");
  });
});

describe("every reason", () => {
  const names = Object.keys(reasons);

  test.each(names)("%s has words", (reason) => {
    const outcome = { kind: "miss", reason, status: null } as const;
    const [decision] = stepsFor(factsLike({ outcome })).filter(({ about }) => about === "decision");
    expect(decision?.text).toMatch(/^([A-Z]|s-maxage).*[^.]\.$/s);
  });

  test.each(names.filter((name) => !["hit-fresh", "hit-immutable"].includes(name)))(
    "%s has an advice, or it is said that nothing is to be changed",
    (reason) => {
      const facts = factsLike({ outcome: { kind: "miss", reason, status: null } });
      const advice = adviceFor(facts);
      expect(advice).not.toBeEmpty();
      for (const { where, text, copy } of advice) {
        expect(text).toMatch(copy === null ? /[.?]$/ : /:$/);
        if (where === "nothing") expect(text).toStartWith("Nothing is to be changed: ");
      }
    },
  );
});

describe("an explanation as fields", () => {
  test("is ASCII on short lines, whatever a client or an origin has sent", () => {
    const fields: [string, string][] = [["vary", `\r\nSet-Cookie: a=b\u001b[31m${"x".repeat(500)}é`]];
    const facts = factsLike({ fetched: fetchedLike({ fields, reason: "vary-any" }) });
    const lines = fieldLines({ steps: stepsFor(facts), advice: adviceFor(facts) });
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{1,240}$/);
    expect(lines).toContain("decision: Nothing is stored for this target. (RFC 9111 section 4)");
  });

  test("has what is to be copied on a line of its own where it would be cut off", () => {
    const text = `It is long, because ${"it is long ".repeat(18)}:`;
    const [said, copied] = fieldLines({ steps: [], advice: [{ where: "file", text, copy: "force = true" }] });
    expect(said).toBe(`change (file): ${text}`);
    expect(copied).toBe("copy: force = true");
  });

  test("has what is to be changed on one line", () => {
    const facts = factsLike({ fetched: fetchedLike() });
    const lines = fieldLines({ steps: [], advice: adviceFor(facts) });
    expect(lines[0]).toBe(
      "change (origin): If every visitor gets the same here, have the server send: Cache-Control: s-maxage=60",
    );
    expect(lines[1]).toEndWith('[[site.rule]] if = { path = "/blog/post" } default-lifetime = "60s"');
  });
});

test.each([
  [0, "0 seconds"],
  [1, "1 second"],
  [60, "1 minute"],
  [90, "90 seconds"],
  [150, "2 minutes"],
  [3600, "1 hour"],
  [5400, "90 minutes"],
  [86_400, "1 day"],
  [100_000, "27 hours"],
  [2_592_000, "30 days"],
])("%d seconds are spoken of as %s", (seconds, text) => expect(spoken(seconds)).toBe(text));

test.each([
  [60, "60s"],
  [3600, "1h"],
  [86_400, "1d"],
  [90, "90s"],
])("%d seconds are written %s", (seconds, text) => expect(written(seconds)).toBe(text));
