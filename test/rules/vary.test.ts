import { describe, expect, test } from "bun:test";
import { confirmedVariantKey, selectVariant, variantKey, varyNames } from "../../src/rules/vary.ts";
import { type Fields, policyFor, reader } from "./exchange.ts";

/** A stored response to a request, and a name to know it by. */
function stored(name: string, response: Fields, request: Fields = {}) {
  const policy = policyFor({ "cache-control": "max-age=60", ...response });
  return { name, response: { policy, variantKey: variantKey(policy.vary, reader(request)) } };
}

describe("Vary is read as sorted names", () => {
  const cases: [value: string | null, names: string[]][] = [
    [null, []],
    ["", []],
    [" , ", []],
    ["Foo", ["foo"]],
    ["foo, Bar,FOO", ["bar", "foo"]],
    ["*", ["*"]],
    ["foo, *", ["*"]],
    [", *", ["*"]],
    ["foo bar", ["*"]],
    ["foo;q=1", ["*"]],
    ["föö", ["*"]],
  ];
  test.each(cases)("%j", (value, names) => {
    expect(varyNames(value)).toEqual(names);
  });
});

describe("requests of one meaning have one variant key (RFC 9111 §4.1)", () => {
  const cases: [name: string, one: string | string[], other: string | string[]][] = [
    ["foo", "1, 2", ["1", "2"]],
    ["accept-encoding", "gzip,br", ", gzip,  br ,"],
    ["range", "bytes=0-1", "bytes=1-2"],
    ["if-none-match", '"1"', '"2"'],
    ["accept-language", "en, de", "de, en"],
    ["accept-language", "en, de", " eN ,  De"],
    ["accept-language", "en;q=0.50, de", "de;q=1.000, en; Q=0.5"],
    ["accept-encoding", "gzip, br", "br,gzip"],
    ["accept-encoding", "x-gzip", "gzip"],
    ["accept-encoding", "gzip, gzip", "gzip"],
    ["accept", "text/html, application/json;q=0.9", "application/JSON;q=0.9,text/html"],
    ["accept", "text/html;level=1", "text/html; Level=1"],
  ];
  test.each(cases)("%s: %j and %j", (name, one, other) => {
    expect(variantKey([name], reader({ [name]: one }))).toBe(variantKey([name], reader({ [name]: other })));
  });
});

describe("requests of different meaning have different variant keys", () => {
  const cases: [vary: string[], one: Fields, other: Fields][] = [
    [["foo"], { foo: "1" }, { foo: "2" }],
    [["foo"], { foo: "1" }, { foo: "A" }],
    [["foo"], { foo: "" }, {}],
    [["foo"], { foo: "a" }, { foo: "A" }],
    [["foo"], { foo: '"a, b"' }, { foo: '"a,b"' }],
    [["foo"], { foo: "1, 2" }, { foo: "1,2" }],
    [["foo"], { foo: "1,,2" }, { foo: "1,2" }],
    [["origin"], { origin: "https://shop.test," }, { origin: "https://shop.test" }],
    [["user-agent"], { "user-agent": ",Mozilla/5.0" }, { "user-agent": "Mozilla/5.0" }],
    [["cookie"], { cookie: "a=1,,2" }, { cookie: "a=1,2" }],
    [["accept"], { accept: 'text/html;a="x, y"' }, { accept: 'text/html;a="x,y"' }],
    [["accept-language"], { "accept-language": "en us, de" }, { "accept-language": "en us,de" }],
    [["bar", "foo"], { foo: "1" }, { bar: "1" }],
    [["bar", "foo"], { bar: "1", foo: "2" }, { bar: "2", foo: "1" }],
    [["accept-language"], { "accept-language": "en;q=0.5, de" }, { "accept-language": "en, de;q=0.5" }],
    [["accept-language"], { "accept-language": "en" }, { "accept-language": "en-GB" }],
    [["accept-encoding"], { "accept-encoding": "" }, {}],
    [["accept-encoding"], { "accept-encoding": "gzip;q=0" }, { "accept-encoding": "gzip" }],
    [["accept"], { accept: "text/html;level=1" }, { accept: "text/html;level=2" }],
    [["accept"], { accept: "text/html;charset=A" }, { accept: "text/html;charset=a" }],
    [["cookie"], { cookie: "a=1" }, { cookie: "a=2" }],
  ];
  test.each(cases)("%j: %j and %j", (vary, one, other) => {
    expect(variantKey(vary, reader(one))).not.toBe(variantKey(vary, reader(other)));
  });
});

test("what a value means does not depend on the values seen before it", () => {
  const key = (value: string) => variantKey(["accept-language"], reader({ "accept-language": value }));
  const before = key("en, de");
  for (let index = 0; index < 600; index++) expect(key(`x${index}, b`)).toBe(`accept-language:b,x${index}`);
  expect(key("en, de")).toBe(before);
});

test("the same value under different Vary fields makes different keys", () => {
  const request = reader({ foo: "1" });
  expect(variantKey(["foo"], request)).not.toBe(variantKey(["bar", "foo"], request));
  expect(variantKey([], request)).toBe("");
});

test.each(["authorization", "cookie", "x-api-key", "private-token", "x_api_key"])(
  "a variant key shows no %s",
  (name) => {
    expect(variantKey([name], reader({ [name]: "secret" }))).not.toContain("secret");
  },
);

describe("the newest response whose Vary fields match is selected, and before it none without Vary", () => {
  const cases: [selected: string | undefined, candidates: ReturnType<typeof stored>[], request: Fields][] = [
    ["b", [stored("b", {}), stored("a", {})], {}],
    [
      "a",
      [stored("b", { vary: "foo" }, { foo: "2" }), stored("a", { vary: "foo" }, { foo: "1" })],
      { foo: "1" },
    ],
    [undefined, [stored("a", { vary: "foo" }, { foo: "1" })], { foo: "2" }],
    [undefined, [stored("a", { vary: "foo" }, { foo: "1" })], {}],
    [undefined, [stored("a", { vary: "foo" })], { foo: "1" }],
    ["a", [stored("a", { vary: "foo" })], { other: "1" }],
    ["a", [stored("a", { vary: "foo, bar" }, { foo: "1" })], { foo: "1" }],
    ["b", [stored("b", { vary: "bar" }), stored("a", { vary: "foo" }, { foo: "1" })], { foo: "1" }],
    ["a", [stored("b", { vary: "bar" }), stored("a", { vary: "foo" }, { foo: "1" })], { foo: "1", bar: "1" }],
    ["a", [stored("b", { vary: "foo" }, { foo: "2" }), stored("a", {})], { foo: "1" }],
    ["a", [stored("b", {}), stored("a", { vary: "foo" }, { foo: "1" })], { foo: "1" }],
    ["a", [stored("b", {}), stored("a", { vary: "foo" })], {}],
    ["b", [stored("b", {}), stored("a", { vary: "foo" }, { foo: "1" })], { foo: "2" }],
    ["b", [stored("c", {}), stored("b", { vary: "foo" }), stored("a", { vary: "bar" })], {}],
    [undefined, [], {}],
  ];
  test.each(cases)("%p", (selected, candidates, request) => {
    expect(selectVariant(candidates, reader(request))?.name).toBe(selected);
  });

  test("a stored Vary: * matches nothing, not even itself", () => {
    const { response } = stored("a", { vary: "foo" });
    const any = {
      response: {
        variantKey: variantKey(["*"], { get: () => null }),
        policy: { ...response.policy, vary: ["*"] },
      },
    };
    expect(selectVariant([any], { get: () => null })).toBeUndefined();
  });
});

describe("else the response in the language or coding that the request prefers to all others", () => {
  const german = stored(
    "german",
    { vary: "accept-language", "content-language": "de" },
    { "accept-language": "en, de" },
  );
  const cases: [matches: boolean, acceptLanguage: string | null][] = [
    [true, "fr;q=0.5, de;q=1.0"],
    [true, "DE"],
    [true, "de;q=0.8, *;q=0.5"],
    [false, "fr, de"],
    [false, "fr, de;q=0.9"],
    [false, "de-AT"],
    [false, "de, *"],
    [false, "de;q=0"],
    [false, "de;q=x"],
    [false, "*"],
    [false, ""],
    [false, null],
  ];
  test.each(cases)("%p: %j", (matches, value) => {
    const request = reader(value === null ? {} : { "accept-language": value });
    expect(selectVariant([german], request)?.name).toBe(matches ? "german" : undefined);
  });

  test("as to the coding", () => {
    const brotli = stored(
      "br",
      { vary: "accept-encoding", "content-encoding": "br" },
      { "accept-encoding": "gzip, br" },
    );
    expect(selectVariant([brotli], reader({ "accept-encoding": "br" }))).toBe(brotli);
    expect(selectVariant([brotli], reader({ "accept-encoding": "gzip" }))).toBeUndefined();
  });

  test("only if all other fields match", () => {
    const request = { "accept-language": "en, de", foo: "1" };
    const both = stored("both", { vary: "accept-language, foo", "content-language": "de" }, request);
    expect(selectVariant([both], reader({ "accept-language": "de", foo: "1" }))).toBe(both);
    expect(selectVariant([both], reader({ "accept-language": "de", foo: "2" }))).toBeUndefined();
  });

  test("before one without Vary, which says nothing of languages", () => {
    const plain = stored("plain", {});
    expect(selectVariant([plain, german], reader({ "accept-language": "de" }))).toBe(german);
    expect(selectVariant([plain, german], reader({ "accept-language": "fr" }))).toBe(plain);
  });

  test("and not before an exact match", () => {
    const exact = stored("exact", { vary: "accept-language" }, { "accept-language": "de" });
    expect(selectVariant([german, exact], reader({ "accept-language": "de" }))).toBe(exact);
  });
});

describe("what an answer has confirmed keeps its variant key as long as Vary names the same fields", () => {
  const cases: [key: string, former: string | undefined, now: string | undefined][] = [
    ["foo:1", "foo", "foo"],
    ["foo:1", "foo", "Foo, foo"],
    ["", undefined, undefined],
    ["foo:2", undefined, "foo"],
    ["bar:3", "foo", "bar"],
    ["bar:3\nfoo:2", "foo", "foo, bar"],
    ["", "foo", ""],
  ];
  test.each(cases)("%j: %j, then %j", (key, former, now) => {
    const of = (vary: string | undefined) =>
      stored("a", vary === undefined ? {} : { vary }, { foo: "1" }).response;
    expect(confirmedVariantKey(of(former), of(now).policy, reader({ foo: "2", bar: "3" }))).toBe(key);
  });
});
