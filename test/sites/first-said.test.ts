import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Conditions, RulePlan, RuleSettings, SitePlan } from "../../src/sites/plan.ts";
import { compileSites } from "../../src/sites/table.ts";
import { fieldsFrom, identity, planOf, requestOf, site } from "./plans.ts";

/** Conditions of which it is easy to say without the code under test whether they hold. */
const conditions: fc.Arbitrary<Conditions> = fc.record(
  {
    path: fc.subarray(["/a", "/b"], { minLength: 1 }),
    query: fc.constant(["q"]),
    method: fc.subarray(["GET", "HEAD", "POST"], { minLength: 1 }),
    cookie: fc.constant(["c"]),
    header: fc.constant({ h: ["1"] }),
    status: fc.subarray(["200", "404"], { minLength: 1 }),
  },
  { requiredKeys: [] },
);

const settings: fc.Arbitrary<RuleSettings> = fc.record(
  {
    pass: fc.boolean(),
    clientCacheControl: fc.constantFrom("honour", "ignore"),
    foldEncodings: fc.boolean(),
    store: fc.boolean(),
    heuristic: fc.boolean(),
    maxLifetime: fc.constantFrom(1000, 2000, 3000),
  },
  { requiredKeys: [] },
);

const rulePlans = fc
  .array(fc.record({ if: conditions, unless: fc.option(conditions, { nil: undefined }), settings }), {
    maxLength: 5,
  })
  .map((plans) => plans.map((plan, index): RulePlan => ({ ...plan, name: `r${index}` })));

interface Case {
  readonly method: string;
  readonly path: string;
  readonly hasQuery: boolean;
  readonly hasCookie: boolean;
  readonly hasHeader: boolean;
  readonly status: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST"),
  path: fc.constantFrom("/a", "/b", "/c"),
  hasQuery: fc.boolean(),
  hasCookie: fc.boolean(),
  hasHeader: fc.boolean(),
  status: fc.constantFrom(200, 404, 500),
});

function doHold({ path, query, method, cookie, header, status }: Conditions, asked: Case): boolean {
  return (
    (path?.includes(asked.path) ?? true) &&
    (query === undefined || asked.hasQuery) &&
    (method?.includes(asked.method) ?? true) &&
    (cookie === undefined || asked.hasCookie) &&
    (header === undefined || asked.hasHeader) &&
    (status?.includes(String(asked.status)) ?? true)
  );
}

/** Before the response is known: whose it is not, and whose exception may be, is spoken of. */
function doesHoldBefore({ if: conditions = {}, unless }: Partial<RulePlan>, asked: Case): boolean {
  const { status: _status, ...ofRequest } = conditions;
  return (
    doHold(ofRequest, asked) &&
    !(unless?.status === undefined && unless !== undefined && doHold(unless, asked))
  );
}

function doesHold({ if: conditions = {}, unless }: Partial<RulePlan>, asked: Case): boolean {
  return doHold(conditions, asked) && !(unless !== undefined && doHold(unless, asked));
}

/** Reads the rules from the top, once for each setting. */
function naive<Name extends keyof RuleSettings>(plan: SitePlan, top: RuleSettings, asked: Case, name: Name) {
  const isOfRequest = name === "pass" || name === "clientCacheControl" || name === "foldEncodings";
  const speakers: Partial<RulePlan>[] = [...plan.rules, plan, ...plan.presetRules, { settings: top }];
  const holds = isOfRequest ? doesHoldBefore : doesHold;
  const first = speakers.find((rule) => rule.settings?.[name] !== undefined && holds(rule, asked));
  return first?.settings?.[name];
}

test("for each setting the first that holds and says it decides, however rules are remembered", () => {
  const plans = fc.record({ rules: rulePlans, presetRules: rulePlans, settings });
  // Several requests to one site: what is remembered of one must not decide another.
  fc.assert(
    fc.property(plans, settings, fc.array(cases, { minLength: 1, maxLength: 8 }), (changes, top, all) => {
      const plan = site(changes);
      const table = compileSites(planOf([plan], top), identity);
      for (const asked of all) {
        const fields = { ...(asked.hasCookie && { cookie: "c=1" }), ...(asked.hasHeader && { h: "1" }) };
        const request = requestOf(asked.path + (asked.hasQuery ? "?q=1" : ""), fields, {
          method: asked.method,
        });
        const verdict = table.siteFor("")?.forRequest(request);
        const response = verdict?.forResponse({ status: asked.status, fields: fieldsFrom({}) });
        const said = <Name extends keyof RuleSettings>(name: Name) => naive(plan, top, asked, name);
        const max = said("maxLifetime");
        expect({
          act: verdict?.act.kind,
          clientCacheControl: verdict?.clientCacheControl,
          foldsEncodings: verdict?.foldsEncodings,
          store: response?.storing.store,
          heuristic: response?.storing.heuristic,
          maxLifetime: response?.storing.maxLifetime,
        }).toEqual({
          act: said("pass") === true ? "pass" : "serve",
          clientCacheControl: said("clientCacheControl"),
          foldsEncodings: said("foldEncodings") ?? true,
          store: said("store"),
          heuristic: said("heuristic"),
          maxLifetime: max === undefined ? undefined : max / 1000,
        });
      }
    }),
    { numRuns: 1000 },
  );
});
