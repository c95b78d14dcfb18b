import { describe, expect, test } from "bun:test";
import { whereToRead } from "../../src/page/explain/clause.ts";
import { linkTo, noQuestion, pathOf, questionAbout, questionIn } from "../../src/page/explain/question.ts";
import { recorded } from "./recorded.ts";

describe("a question to explain", () => {
  test("is asked with all that the form says, each field on its own", () => {
    const question = {
      url: " http://shop.example/cart?a=1&b=ü ",
      method: "HEAD",
      fields: "Cookie: lang=de; a=b\n\n  Accept: text/html \n",
      from: " 192.0.2.7 ",
      fetch: true,
    };
    const { searchParams } = new URL(pathOf(question), "http://localhost/");
    expect([...searchParams]).toEqual([
      ["url", "http://shop.example/cart?a=1&b=ü"],
      ["method", "HEAD"],
      ["header", "Cookie: lang=de; a=b"],
      ["header", "Accept: text/html"],
      ["from", "192.0.2.7"],
      ["fetch", "1"],
    ]);
  });

  test.each([
    ["/cart", "/cart"],
    ["shop.example/cart", "http://shop.example/cart"],
    ["https://shop.example/", "https://shop.example/"],
    ["", ""],
  ])("takes a URL as one writes it into a browser: %p", (url, asked) => {
    const { searchParams } = new URL(pathOf({ ...noQuestion, url }), "http://localhost/");
    expect(searchParams.get("url")).toBe(asked);
  });

  test("is in a link as it was, but that following it has the origin asked", () => {
    const question = { url: "/a?b=c#", method: "POST", fields: "A: 1\nB: 2", from: "::1", fetch: true };
    const link = linkTo(question);
    expect(link).toStartWith("#/explain?");
    const query = new URLSearchParams(link.replace("#/explain?", ""));
    expect(questionIn(query)).toEqual({ ...question, fetch: false });
    expect(questionIn(new URLSearchParams("fetch=1"))).toEqual(noQuestion);
  });

  test("is of a request what is known of it", () => {
    const request = { ...recorded, protocol: "https", host: "shop.example", target: "/a?b", method: "HEAD" };
    const question = { ...noQuestion, url: "https://shop.example/a?b", method: "HEAD" };
    expect(questionAbout({ ...request, client: null })).toEqual(question);
    expect(questionAbout({ ...request, client: "::1" })).toEqual({ ...question, from: "::1" });
  });

  test.each([{ isCut: true }, { host: "" }])(
    "cannot be made of a request whose URL is not known: %p",
    (part) => {
      expect(questionAbout({ ...recorded, ...part })).toBeUndefined();
    },
  );
});

test.each([
  ["RFC 9111 §4.2", "https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2"],
  ["RFC 8586", "https://www.rfc-editor.org/rfc/rfc8586.html"],
  ["javascript:alert(1)", undefined],
])("a clause leads to where it can be read: %p", (clause, address) => {
  expect(whereToRead(clause)).toBe(address);
});
