import { describe, expect, test } from "bun:test";
import type { FieldList } from "../../src/rules/fields.ts";
import {
  freshenedFields,
  headConfirms,
  selectForFreshening,
  validatingFields,
  withoutConditionals,
} from "../../src/rules/validation.ts";
import { dateIn, type Fields, policyFor, reader } from "./exchange.ts";

function stored(response: Fields) {
  return { response: { policy: policyFor({ "cache-control": "max-age=60", ...response }) } };
}

describe("the origin is asked by the validators of the selected response (RFC 9111 §4.3.1)", () => {
  const cases: [selected: Fields, fields: FieldList][] = [
    [{}, []],
    [{ etag: '"a"' }, [["if-none-match", '"a"']]],
    [{ etag: 'W/"a"' }, [["if-none-match", 'W/"a"']]],
    [{ etag: "a" }, []],
    [{ "last-modified": dateIn(-9) }, [["if-modified-since", dateIn(-9)]]],
    [
      { etag: '"a"', "last-modified": dateIn(-9) },
      [
        ["if-none-match", '"a"'],
        ["if-modified-since", dateIn(-9)],
      ],
    ],
  ];
  test.each(cases)("%j", (response, fields) => {
    const { policy } = stored(response).response;
    const other = stored({ etag: '"other"' }).response.policy;
    expect(validatingFields([other, policy], policy)).toEqual(fields);
  });
});

describe("or, where it selects none, by the strong entity tags of all", () => {
  const cases: [stored: Fields[], fields: FieldList][] = [
    [[], []],
    [[{ etag: '"a"' }, { etag: 'W/"b"' }, { etag: '"c"' }, { etag: '"a"' }], [["if-none-match", '"a", "c"']]],
    [[{ etag: 'W/"a"' }, { "last-modified": dateIn(-9) }], []],
  ];
  test.each(cases)("%j", (responses, fields) => {
    const policies = responses.map((response) => stored(response).response.policy);
    expect(validatingFields(policies, null)).toEqual(fields);
  });
});

describe("a 304 confirms what was asked about (§4.3.4)", () => {
  const a = stored({ etag: '"a"' });
  const alsoA = stored({ etag: '"a"', "last-modified": dateIn(-9) });
  const weakA = stored({ etag: 'W/"a"' });
  const b = stored({ etag: '"b"' });

  test.each([[{}], [{ etag: '"a"' }], [{ etag: '"a-gzip"' }], [{ etag: '"b"' }]])(
    "with %j: the selected response",
    (notModified) => {
      expect(selectForFreshening([a, b], reader(notModified), a)).toEqual([a]);
    },
  );

  const cases: [notModified: Fields, candidates: (typeof a)[], confirmed: (typeof a)[]][] = [
    [{ etag: '"a"' }, [b, a, weakA, alsoA], [a, alsoA]],
    [{ etag: '"a"' }, [weakA], []],
    [{ etag: 'W/"a"' }, [a, weakA], []],
    [{ etag: '"c"' }, [a, b], []],
    [{ "last-modified": dateIn(-9) }, [alsoA], []],
    [{}, [a], []],
  ];
  test.each(cases)(
    "with %j, where none is selected: those with its strong tag",
    (notModified, candidates, confirmed) => {
      expect(selectForFreshening(candidates, reader(notModified), null)).toEqual(confirmed);
    },
  );
});

describe("freshening (§3.2)", () => {
  const before: FieldList = [
    ["age", "50"],
    ["cache-control", "max-age=2"],
    ["content-encoding", "br"],
    ["content-length", "5"],
    ["content-type", "text/plain"],
    ["date", dateIn(-60)],
    ["etag", '"a"'],
    ["x-kept", "kept"],
    ["x-replaced", "old"],
  ];
  const kept = { shareSetCookie: false };
  const after = (notModified: FieldList) => new Map(freshenedFields(before, notModified, kept));

  test("replaces and adds what the 304 brings", () => {
    const fields = after([
      ["cache-control", "max-age=9"],
      ["content-type", "text/html"],
      ["x-replaced", "new"],
      ["x-added", "added"],
    ]);
    expect(Object.fromEntries(fields)).toMatchObject({
      "cache-control": "max-age=9",
      "content-type": "text/html",
      "x-kept": "kept",
      "x-replaced": "new",
      "x-added": "added",
    });
  });

  test("leaves what describes the stored body", () => {
    const fields = after([
      ["content-encoding", "gzip"],
      ["content-length", "10"],
      ["content-md5", "x"],
      ["content-range", "bytes 0-1/2"],
      ["etag", '"b"'],
    ]);
    expect(fields.get("content-encoding")).toBe("br");
    expect(fields.get("content-length")).toBe("5");
    expect(fields.get("etag")).toBe('"a"');
    expect(fields.has("content-md5")).toBe(false);
    expect(fields.has("content-range")).toBe(false);
  });

  test("takes an ETag where none was stored", () => {
    expect(freshenedFields([["x", "1"]], [["etag", '"a"']], kept)).toContainEqual(["etag", '"a"']);
  });

  test("brings no field of the connection and no cookie into the store", () => {
    const fields = after([
      ["connection", "x"],
      ["keep-alive", "x"],
      ["set-cookie", "a=b"],
      ["set-cookie", "c=d"],
    ]);
    expect([...fields.keys()].sort()).toEqual([...after([]).keys()].sort());
  });

  test("keeps neither the Age nor the Date of the stored response", () => {
    expect(after([]).has("age")).toBe(false);
    expect(after([]).has("date")).toBe(false);
    expect(after([["age", "3"]]).get("age")).toBe("3");
    expect(after([["date", dateIn(0)]]).get("date")).toBe(dateIn(0));
  });

  test("keeps stored cookies, each on its line", () => {
    const cookies: FieldList = [
      ["set-cookie", "a=b"],
      ["set-cookie", "c=d"],
    ];
    expect(freshenedFields(cookies, [["set-cookie", "e=f"]], kept)).toEqual(cookies);
  });

  test("replaces them where cookies are shared", () => {
    const [stored, brought]: FieldList[] = [
      [
        ["set-cookie", "a=b"],
        ["set-cookie", "c=d"],
      ],
      [
        ["set-cookie", "e=f"],
        ["set-cookie", "g=h"],
      ],
    ];
    expect(freshenedFields(stored ?? [], brought ?? [], { shareSetCookie: true })).toEqual(brought ?? []);
  });
});

describe("a HEAD confirms a stored GET unless something in it says otherwise (§4.3.5)", () => {
  const { policy } = stored({ etag: '"a"', "last-modified": dateIn(-9) }).response;
  const cases: [confirms: boolean, head: Fields][] = [
    [true, {}],
    [true, { etag: '"a"', "last-modified": dateIn(-9), "content-length": "5" }],
    [false, { etag: '"b"' }],
    [false, { etag: 'W/"a"' }],
    [false, { etag: "a" }],
    [false, { "last-modified": dateIn(-8) }],
    [false, { "last-modified": "foo" }],
    [false, { "content-length": "6" }],
    [false, { etag: '"a"', "content-length": "6" }],
  ];
  test.each(cases)("%p: %j", (confirms, head) => {
    expect(headConfirms({ policy, size: 5 }, reader(head))).toBe(confirms);
  });

  test("also when the stored response lacks the validator", () => {
    const plain = stored({}).response.policy;
    expect(headConfirms({ policy: plain, size: 5 }, reader({ etag: '"a"' }))).toBe(false);
    expect(headConfirms({ policy: plain, size: 5 }, reader({ "last-modified": dateIn(-9) }))).toBe(false);
  });
});

test("a fill carries neither the client's conditions nor its ranges", () => {
  const names = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "range",
  ];
  const fields = [...names, "if-schedule-tag-match", "accept"].map((name) => [name, "x"] as const);
  expect(withoutConditionals(fields).map(([name]) => name)).toEqual(["if-schedule-tag-match", "accept"]);
});
