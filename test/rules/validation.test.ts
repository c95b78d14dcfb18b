import { describe, expect, test } from "bun:test";
import { withoutConditionals } from "../../src/rules/conditionals.ts";
import type { FieldList } from "../../src/rules/fields.ts";
import { conditionsFor, confirmedBy, freshenedFields, headConfirms } from "../../src/rules/validation.ts";
import { variantKey } from "../../src/rules/vary.ts";
import { dateIn, type Fields, policyFor, reader } from "./exchange.ts";

/** A stored response to a request. */
function stored(response: Fields, request: Fields = {}) {
  const policy = policyFor({ "cache-control": "max-age=60", ...response });
  return { response: { policy, variantKey: variantKey(policy.vary, reader(request)) } };
}

describe("the origin is asked by the validators of the selected response (RFC 9111 §4.3.1)", () => {
  const longest = `"${"a".repeat(2046)}"`;
  const cases: [selected: Fields, fields: FieldList][] = [
    [{}, []],
    [{ etag: '"a"' }, [["if-none-match", '"a"']]],
    [{ etag: 'W/"a"' }, [["if-none-match", 'W/"a"']]],
    [{ etag: "a" }, []],
    [{ etag: longest }, [["if-none-match", longest]]],
    [{ etag: `W/${longest}` }, []],
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
    const selected = stored(response);
    const conditions = conditionsFor([stored({ etag: '"other"' }), selected], selected, reader());
    expect(conditions).toEqual({ about: [selected], isSelected: true, fields });
  });
});

describe("or, where it selects none, by the strong entity tags of those that it may be given", () => {
  const gzip = { vary: "accept-encoding", "content-encoding": "gzip", etag: '"g"' };
  const plain = { vary: "accept-encoding", etag: '"p"' };
  const german = { vary: "accept-language", "content-language": "de", etag: '"de"' };
  const forGzip = { "accept-encoding": "gzip" };
  const cases: [stored: Parameters<typeof stored>[], request: Fields, tags: string | null][] = [
    [[], {}, null],
    [[[gzip, forGzip]], {}, null],
    [[[gzip, forGzip]], { "accept-encoding": "" }, null],
    [[[gzip, forGzip]], { "accept-encoding": "br" }, null],
    [[[gzip, forGzip]], { "accept-encoding": "gzip;q=0, *" }, null],
    [[[gzip, forGzip]], { "accept-encoding": "gzip;;" }, null],
    [[[gzip, forGzip]], { "accept-encoding": "br, gzip;q=0.1" }, '"g"'],
    [[[gzip, forGzip]], { "accept-encoding": "*" }, '"g"'],
    [[[gzip, forGzip]], { "accept-encoding": "X-GZIP" }, '"g"'],
    [[[{ ...gzip, "content-encoding": "gzip, br" }, forGzip]], { "accept-encoding": "br, x-gzip" }, '"g"'],
    [[[{ ...gzip, "content-encoding": "gzip, br" }, forGzip]], { "accept-encoding": "gzip;q=0.5" }, null],
    [[[plain, forGzip]], {}, '"p"'],
    [[[plain, forGzip]], { "accept-encoding": "br" }, '"p"'],
    [[[plain, forGzip]], { "accept-encoding": "br, identity;q=0" }, null],
    [[[plain, forGzip]], { "accept-encoding": "br, *;q=0" }, null],
    [[[plain, forGzip]], { "accept-encoding": "identity, *;q=0" }, '"p"'],
    [[[{ ...plain, "content-encoding": "identity" }, forGzip]], { "accept-encoding": "br" }, '"p"'],
    [[[german, { "accept-language": "de" }]], {}, null],
    [[[german, { "accept-language": "de" }]], { "accept-language": "en, DE;q=0.1" }, '"de"'],
    [[[german, { "accept-language": "de" }]], { "accept-language": "*" }, '"de"'],
    [[[german, { "accept-language": "de" }]], { "accept-language": "de;q=0, *" }, null],
    [[[german, { "accept-language": "de" }]], { "accept-language": "en" }, null],
    [[[german, { "accept-language": "de" }]], { "accept-language": "de-AT" }, null],
    [[[{ ...german, "content-language": "de-AT" }, {}]], { "accept-language": "en, de" }, '"de"'],
    [[[{ ...german, "content-language": "deu" }, {}]], { "accept-language": "en, de" }, null],
    [[[{ ...german, "content-language": "fr, de" }, {}]], { "accept-language": "en, de" }, '"de"'],
    [[[{ vary: "accept-language", etag: '"?"' }, {}]], { "accept-language": "de" }, null],
    [[[{ vary: "foo", etag: '"foo"' }, { foo: "1" }]], { foo: "2" }, null],
    [[[{ ...gzip, vary: "accept-encoding, foo" }, { foo: "1" }]], { ...forGzip, foo: "1" }, '"g"'],
    [[[{ ...gzip, vary: "accept-encoding, foo" }, { foo: "1" }]], { ...forGzip, foo: "2" }, null],
    [[[{ ...gzip, etag: 'W/"g"' }, forGzip]], { "accept-encoding": "gzip, br" }, null],
    [[[{ vary: "accept-encoding", "last-modified": dateIn(-9) }, forGzip]], {}, null],
    [
      [
        [{ ...plain, etag: '"new"' }, forGzip],
        [gzip, forGzip],
        [{ ...plain, etag: '"old"' }, { "accept-encoding": "zstd" }],
        [{ ...plain, etag: '"new"' }, { "accept-encoding": "deflate" }],
      ],
      { "accept-encoding": "br" },
      '"new", "old"',
    ],
  ];
  test.each(cases)("%j, to %j: %j", (responses, request, tags) => {
    const candidates = responses.map((each) => stored(...each));
    const conditions = conditionsFor(candidates, null, reader(request));
    expect(conditions.fields).toEqual(tags === null ? [] : [["if-none-match", tags]]);
    expect(conditions.isSelected).toBe(false);
    const sent = conditions.about.map(({ response }) => response.policy.entityTag);
    expect([...new Set(sent)].join(", ")).toBe(tags ?? "");
  });

  const tagged = (tag: string) => stored({ vary: "accept-encoding", etag: `"${tag}"` }, forGzip);

  test("no more than the newest eight", () => {
    const conditions = conditionsFor([..."abcdefghij"].map(tagged), null, reader());
    expect(conditions.fields).toEqual([["if-none-match", '"a", "b", "c", "d", "e", "f", "g", "h"']]);
    expect(conditions.about).toHaveLength(8);
  });

  test("and no more than 2 KB", () => {
    const long = (letter: string) => tagged(letter.repeat(1020));
    const conditions = conditionsFor([long("a"), long("b"), long("c"), tagged("d")], null, reader());
    const [[, value = ""] = []] = conditions.fields;
    expect(value.length).toBeLessThanOrEqual(2048);
    expect(conditions.about).toHaveLength(2);
  });
});

describe("a 304 confirms what was asked about (§4.3.4)", () => {
  const selecting = (response: Fields) => {
    const selected = stored(response);
    return conditionsFor([selected], selected, reader());
  };
  const confirms = (sent: Fields, notModified: Fields) =>
    confirmedBy(selecting(sent), reader(notModified)).length === 1;

  const named: [confirmed: boolean, sent: string, named: string][] = [
    [true, '"v1"', '"v1"'],
    [true, '"v1"', 'W/"v1"'],
    [true, 'W/"v1"', '"v1"'],
    [true, 'W/"v1"', 'W/"v1"'],
    [true, '"v1"', '"v1-gzip"'],
    [true, '"v1"', 'W/"v1-gzip"'],
    [true, '"v1-gzip"', '"v1"'],
    [true, '"v1"', '"v1-br"'],
    [true, '"v1"', '"v1-zstd"'],
    [true, '"v1"', '"v1--gzip"'],
    [true, '"v1--gzip"', '"v1"'],
    [true, '"v1"', '"v1--br"'],
    [true, '"v1"', '"v1--zstd"'],
    [true, '"v1"', '"v1--deflate"'],
    [true, '"v1"', '"v1;gz"'],
    [true, '"v1"', '"v1;gzip"'],
    [true, '"v1"', '"v1;br"'],
    [true, '"v1"', '"v1;zstd"'],
    [false, '"v1"', '"v2"'],
    [false, '"v1"', 'W/"v2"'],
    [false, 'W/"v1"', 'W/"v2"'],
    [false, '"v1"', '"v2-gzip"'],
    [false, '"v1"', '"v1-gzipped"'],
    [false, '"v1"', '"v1gzip"'],
    [false, '"v1"', '"v1-2"'],
    [false, '"v1-gzip"', '"v1-br"'],
    [false, '"v1"', '"V1"'],
  ];
  test.each(named)("%p: sent %s, named %s", (confirmed, sent, tag) => {
    expect(confirms({ etag: sent }, { etag: tag })).toBe(confirmed);
  });

  const unnamed: [confirmed: boolean, sent: Fields, notModified: Fields][] = [
    [true, { etag: '"v1"' }, {}],
    [true, { etag: '"v1"' }, { etag: "unquoted" }],
    [true, { "last-modified": dateIn(-9) }, {}],
    [true, { "last-modified": dateIn(-9) }, { etag: '"v1"' }],
    [true, { "last-modified": dateIn(-9) }, { "last-modified": dateIn(-9) }],
    [true, { "last-modified": dateIn(-9) }, { "last-modified": dateIn(-10) }],
    [true, { "last-modified": dateIn(-9) }, { "last-modified": "soon" }],
    [false, { "last-modified": dateIn(-9) }, { "last-modified": dateIn(-8) }],
    [true, { etag: '"v1"', "last-modified": dateIn(-9) }, { etag: '"v1"', "last-modified": dateIn(-8) }],
  ];
  test.each(unnamed)(
    "%p, where no two tags can be compared: sent %j, answered %j",
    (confirmed, sent, notModified) => {
      expect(confirms(sent, notModified)).toBe(confirmed);
    },
  );

  const vary = { vary: "accept-encoding" };
  const [a, alsoA, b] = [
    stored({ ...vary, etag: '"a"' }, { "accept-encoding": "x" }),
    stored({ ...vary, etag: '"a"' }, { "accept-encoding": "y" }),
    stored({ ...vary, etag: '"b"' }, { "accept-encoding": "z" }),
  ];
  const gzip = stored({ ...vary, etag: '"a"', "content-encoding": "gzip" }, { "accept-encoding": "gzip" });
  const several: [notModified: Fields, confirmed: unknown[]][] = [
    [{ etag: '"a"' }, [a, alsoA]],
    [{ etag: '"b"' }, [b]],
    [{ etag: 'W/"a"' }, []],
    [{ etag: '"c"' }, []],
    [{}, []],
  ];
  test.each(several)(
    "with %j, where none is selected: those of them with its strong tag",
    (notModified, confirmed) => {
      const conditions = conditionsFor([gzip, a, b, alsoA], null, reader());
      expect(confirmedBy(conditions, reader(notModified))).toEqual(confirmed as (typeof a)[]);
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
