import { describe, expect, test } from "bun:test";
import type { Conditions, RuleSettings } from "../../src/sites/plan.ts";
import { requestOf, responseVerdictOf, rules } from "./plans.ts";

const page = requestOf("/");

describe("a rule with conditions on the response holds where they do as well", () => {
  const html = { "content-type": "Text/HTML; charset=utf-8", server: "Apache/2" };
  const cases: [if_: Conditions, holds: boolean][] = [
    [{ status: ["404"] }, true],
    [{ status: ["200", "4xx"] }, true],
    [{ status: ["200", "5xx"] }, false],
    [{ type: ["text/*"] }, true],
    [{ type: ["text/html"] }, true],
    [{ type: ["text/html; charset=utf-8", "image/*"] }, false],
    [{ headerOut: { server: ["apache*"] } }, true],
    [{ headerOut: { server: ["apache*"], via: ["*"] } }, false],
    [{ status: ["404"], type: ["image/*"] }, false],
    [{ path: ["/other"], status: ["404"] }, false],
    [{ cookie: ["a"], status: ["404"] }, false],
  ];
  test.each(cases)("%j: %j", (conditions, holds) => {
    const settings = { store: false };
    const if_ = responseVerdictOf({ rules: rules({ if: conditions, settings }) }, page, 404, html);
    expect([if_.storing.store, if_.rules]).toEqual(holds ? [false, ["1"]] : [undefined, []]);
    const unless = responseVerdictOf({ rules: rules({ unless: conditions, settings }) }, page, 404, html);
    expect([unless.storing.store, unless.rules]).toEqual(holds ? [undefined, []] : [false, ["1"]]);
  });

  test("no media type is none", () => {
    const plan = { rules: rules({ if: { type: ["text/*"] }, settings: { store: false } }) };
    expect(responseVerdictOf(plan, page, 200).rules).toEqual([]);
  });

  test("and says nothing of the request, of which it is known too late", () => {
    const settings = { pass: true, setRequest: { x: "1" }, removeRequest: ["y"] };
    const plan = {
      rules: rules({ if: { status: ["404"] }, settings }, { unless: { status: ["404"] }, settings }),
    };
    expect(responseVerdictOf(plan, page, 404).rules).toEqual([]);
  });
});

describe("what is said of storing goes over what the process says, in seconds", () => {
  const cases: [settings: RuleSettings, storing: object][] = [
    [{}, {}],
    [{ pass: false }, {}],
    [{ lifetime: 60_999 }, { lifetime: 60, isForced: false }],
    [
      { lifetime: 60_000, force: true },
      { lifetime: 60, isForced: true },
    ],
    [{ force: true }, {}],
    [{ lifetime: 0 }, { lifetime: 0, isForced: false }],
    [{ defaultLifetime: 5000 }, { defaultLifetime: 5 }],
    [{ defaultLifetime: "off" }, { defaultLifetime: null }],
    [{ maxLifetime: 5000 }, { maxLifetime: 5 }],
    [{ errorLifetime: 5000 }, { errorLifetime: 5, errorCap: 5 }],
    [{ errorLifetime: "off" }, { errorLifetime: null, errorCap: "none" }],
    [{ heuristic: false }, { heuristic: false }],
    [{ store: false }, { store: false }],
    [{ store: true }, { store: true }],
    [
      { staleWhileRevalidate: 5000, staleIfError: 6000 },
      { staleWhileRevalidateWindow: 5, staleIfErrorWindow: 6 },
    ],
    [
      { staleWhileRevalidate: "off", staleIfError: "off" },
      { staleWhileRevalidateWindow: 0, staleIfErrorWindow: 0 },
    ],
  ];
  test.each(cases)("%j: %j", (settings, storing) => {
    expect(responseVerdictOf({ settings }, page, 200).storing).toEqual(storing);
  });

  test("and the names of the rules that said it are kept", () => {
    const plan = {
      rules: rules({ settings: { store: true } }, { settings: { heuristic: false, store: false } }),
    };
    const { rules: told, storing } = responseVerdictOf(plan, page, 200);
    expect([told, storing.rules]).toEqual([
      ["1", "2"],
      ["1", "2"],
    ]);
  });
});

describe("a lifetime without a condition on the status is for what caches keep of themselves, below 400", () => {
  const lifetimeOf = (status: number, conditions: Conditions) => {
    const plan = { rules: rules({ if: conditions, settings: { lifetime: 9000, force: true } }) };
    const { storing, rules: told } = responseVerdictOf(plan, page, status);
    expect(told).toEqual(storing.lifetime === undefined ? [] : ["1"]);
    expect(storing.isForced).toBe(storing.lifetime === undefined ? undefined : true);
    return storing.lifetime;
  };
  test.each([200, 203, 204, 206, 300, 301, 308])("%i", (status) => expect(lifetimeOf(status, {})).toBe(9));
  test.each([201, 302, 303, 307, 400, 404, 410, 500, 501, 503])(
    "but not %i, unless it is named",
    (status) => {
      expect(lifetimeOf(status, {})).toBeUndefined();
      expect(lifetimeOf(status, { type: ["*"] })).toBeUndefined();
      expect(lifetimeOf(status, { status: [String(status)] })).toBe(9);
      expect(lifetimeOf(status, { status: ["2xx", "3xx", "4xx", "5xx"] })).toBe(9);
    },
  );
  test("then the next that speaks of the status decides", () => {
    const plan = {
      rules: rules(
        { settings: { lifetime: 9000, heuristic: false } },
        { if: { status: ["404"] }, settings: { lifetime: 1000 } },
      ),
    };
    expect(responseVerdictOf(plan, page, 200).storing).toMatchObject({ lifetime: 9 });
    expect(responseVerdictOf(plan, page, 404).storing).toMatchObject({ lifetime: 1, heuristic: false });
  });
});

test("force is about the lifetime beside which it stands", () => {
  const plan = {
    rules: rules({ settings: { lifetime: 1000 } }, { settings: { lifetime: 2000, force: true } }),
  };
  expect(responseVerdictOf(plan, page, 200).storing).toMatchObject({ lifetime: 1, isForced: false });
});

describe("what is changed of the fields that clients get", () => {
  const changed = (...settings: RuleSettings[]) => {
    const plan = { rules: rules(...settings.map((each) => ({ settings: each }))) };
    const { set, remove } = responseVerdictOf(plan, page, 200);
    return { set, remove };
  };
  test("of each field the first who speaks of it decides", () => {
    expect(
      changed(
        { setResponse: { a: "1" }, removeResponse: ["b"] },
        { setResponse: { a: "2", b: "2", c: "2" } },
      ),
    ).toEqual({
      set: [
        ["a", "1"],
        ["c", "2"],
      ],
      remove: ["b"],
    });
  });
  test.each<[settings: RuleSettings[], remove: string[]]>([
    [[{ removeSetCookie: true }], ["set-cookie"]],
    [[{ removeSetCookie: true, removeResponse: ["set-cookie"] }], ["set-cookie"]],
    [[{ removeSetCookie: false }, { removeSetCookie: true }], []],
  ])("Set-Cookie has a setting of its own: %j: %j", (settings, remove) => {
    expect(changed(...settings).remove).toEqual(remove);
  });
});
