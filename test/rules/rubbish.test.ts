import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseCacheControl } from "../../src/rules/cache-control.ts";
import { cacheStatus } from "../../src/rules/cache-status.ts";
import type { FieldReader } from "../../src/rules/fields.ts";
import { remainingLifetime } from "../../src/rules/freshness.ts";
import { endToEndFields } from "../../src/rules/hop-by-hop.ts";
import { parseHttpDate } from "../../src/rules/http-date.ts";
import { invalidatedGroups, invalidatedTargets } from "../../src/rules/invalidation.ts";
import { isUnmodified } from "../../src/rules/preconditions.ts";
import { decideRange } from "../../src/rules/range.ts";
import { senderOf, withholding } from "../../src/rules/identity.ts";
import { decideReuse, decideReuseOnError, onlyIfCached } from "../../src/rules/reuse.ts";
import { decideStoring } from "../../src/rules/storable.ts";
import { conditionsFor, confirmedBy, headConfirms } from "../../src/rules/validation.ts";
import { selectVariant, variantKey } from "../../src/rules/vary.ts";
import { dateIn, now, plainOptions, plainReuse, policyFor } from "./exchange.ts";

/** What breaks parsers: the characters of the grammars, in any order, beside random ones. */
const grammar = [
  ...",;=\"\\'*/-+.:? \t()0159",
  ..."W/ q= bytes= max-age no-cache private no-store gzip en GMT Jan 2026 ä \x00 \x7f".split(" "),
];
const rubbish = fc.oneof(
  fc.string({ unit: fc.constantFrom(...grammar), maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
);

const names = [
  ..."accept accept-encoding accept-language age authorization cache-control cache-group-invalidation cache-groups".split(
    " ",
  ),
  ..."cdn-cache-control content-encoding content-language content-length content-location cookie date etag".split(
    " ",
  ),
  ..."expires foo if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location".split(
    " ",
  ),
  ..."pragma range set-cookie surrogate-control vary".split(" "),
];
const messages = fc
  .dictionary(fc.constantFrom(...names), rubbish)
  .map((fields): FieldReader => ({ get: (name) => fields[name] ?? null }));

const options = { ...plainOptions, targetedFields: ["cdn-cache-control", "surrogate-control"] };
const policy = policyFor({
  "cache-control": "max-age=60",
  etag: '"a"',
  "last-modified": dateIn(-100),
  vary: "accept, accept-encoding, accept-language, cookie, foo",
  "content-encoding": "gzip",
  "content-language": "en",
});

test("no message makes a rule throw", () => {
  const exchanges = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "rubbish"),
    request: messages,
    status: fc.integer({ min: 0, max: 1000 }),
    response: messages,
    target: rubbish,
    origin: fc.oneof(fc.constant("https://example.org"), rubbish),
  });
  fc.assert(
    fc.property(exchanges, rubbish, (exchange, text) => {
      const { method, request, response, status } = exchange;
      const whole = {
        ...exchange,
        framing: "length" as const,
        requestAt: now,
        responseAt: now,
        receivedAt: now,
      };
      const decision = decideStoring(whole, options);
      const known = decision.storable ? decision.policy : policy;
      const stored = { response: { policy: known, variantKey: variantKey(known.vary, request) } };
      for (const clientCacheControl of ["honour", "ignore"] as const) {
        const reuse = { ...plainReuse, clientCacheControl };
        decideReuse(known, request, now, reuse);
        decideReuseOnError(known, request, now, 503, reuse);
        onlyIfCached(request, reuse);
      }
      senderOf(request, options);
      withholding(known, request, options);
      selectVariant([stored], request);
      selectVariant([{ response: { policy, variantKey: text } }], request);
      const other = { response: { policy, variantKey: text } };
      for (const selected of [stored, null]) {
        confirmedBy(conditionsFor([stored, other], selected, request), response);
      }
      headConfirms({ policy: known, size: 5 }, response);
      isUnmodified(request, { status: 200, policy: known }, now);
      decideRange("GET", request, { status: 200, policy: known, size: 100 });
      invalidatedTargets(exchange);
      invalidatedGroups({ method, status, response });
      endToEndFields([["a", text]], text);
      cacheStatus(text, { hit: true, key: text });
      parseHttpDate(text, now);
    }),
    { numRuns: 3000 },
  );
});

describe("no rubbish extends a lifetime", () => {
  const lifetimeOf = (response: Record<string, string>) =>
    policyFor({ etag: '"a"', ...response }).freshnessLifetime;
  const asField = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "").trim();
  // A word that gives a lifetime of its own, or withdraws one, is not rubbish.
  const hasMeaning = (text: string) => /s-maxage|no-store|private/i.test(text);
  const fieldRubbish = rubbish.map(asField).filter((text) => !hasMeaning(text));
  const withoutDigits = fieldRubbish.map((text) => text.replace(/\d/g, ""));

  test("behind a max-age", () => {
    fc.assert(
      fc.property(fieldRubbish, (text) => {
        expect(lifetimeOf({ "cache-control": `max-age=60, ${text}` })).toBeLessThanOrEqual(60);
        expect(lifetimeOf({ "cache-control": `max-age=60${text.replace(/^\d+/, "")}` })).toBeLessThanOrEqual(
          60,
        );
      }),
    );
  });

  test("before one", () => {
    fc.assert(
      fc.property(withoutDigits, (text) => {
        expect(lifetimeOf({ "cache-control": `${text}, max-age=60` })).toBeLessThanOrEqual(60);
        expect(lifetimeOf({ "cache-control": `${text}max-age=60` })).toBeLessThanOrEqual(60);
      }),
    );
  });

  test("in place of its number", () => {
    const noNumbers = fieldRubbish.filter((text) => !/^"?\\?\d/.test(text) && !text.includes("max-age"));
    fc.assert(
      fc.property(noNumbers, (text) => {
        expect(lifetimeOf({ "cache-control": `max-age=${text}`, expires: dateIn(60) })).toBe(0);
      }),
    );
  });

  test("in Expires", () => {
    const noDates = fieldRubbish.filter((text) => parseHttpDate(text, now) === null);
    fc.assert(
      fc.property(noDates, (text) => {
        expect(lifetimeOf({ expires: text, "last-modified": dateIn(-1000) })).toBe(0);
      }),
    );
  });

  test("in Age", () => {
    fc.assert(
      fc.property(fieldRubbish, (text) => {
        const policy = policyFor({ etag: '"a"', "cache-control": "max-age=60", age: text });
        expect(remainingLifetime(policy, now)).toBeLessThanOrEqual(60);
      }),
    );
  });

  test("in a targeted field", () => {
    fc.assert(
      fc.property(withoutDigits, (text) => {
        const response = { "cache-control": "max-age=60", "cdn-cache-control": text };
        expect(lifetimeOf(response)).toBeLessThanOrEqual(60);
      }),
    );
  });

  test("nor hides a directive that stands before it", () => {
    fc.assert(
      fc.property(rubbish, (text) => {
        expect(parseCacheControl(`no-store,${text}`).has("no-store")).toBe(true);
      }),
    );
  });
});
