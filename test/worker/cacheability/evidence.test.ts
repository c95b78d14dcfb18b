import { describe, expect, test } from "bun:test";
import { bodyNameOf, evidenceOf, type Exhibit } from "../../../src/worker/cacheability/evidence.ts";
import { asked } from "./asked.ts";

function fieldsOf(said: Partial<Exhibit>) {
  const { requestFields, responseFields } = evidenceOf(asked(said));
  return { request: Object.fromEntries(requestFields), response: Object.fromEntries(responseFields) };
}

describe("of a request evidence has", () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ["the names of cookies", { Cookie: "session=hush; lang=de" }, { cookie: "session=…; lang=…" }],
    ["that there is a password", { Authorization: "Basic hush" }, { authorization: "…" }],
    ["that there is a key", { "X-Api-Key": "hush" }, { "x-api-key": "…" }],
    [
      "how it wants to be answered",
      { "Cache-Control": "no-cache", Range: "bytes=0-9" },
      {
        "cache-control": "no-cache",
        range: "bytes=0-9",
      },
    ],
    ["nothing else", { "X-Forwarded-For": "192.0.2.7", Referer: "http://a.example/" }, {}],
    ["of what is long the beginning", { Accept: "a".repeat(201) }, { accept: `${"a".repeat(200)}…` }],
  ])("%s", (_, received, shown) => {
    expect(fieldsOf({ received: new Headers(received) }).request).toEqual(shown);
  });

  test("the fields that Vary names, unless they are secret", () => {
    const received = new Headers({ "X-Currency": "EUR", "X-Auth-Token": "hush", "X-Other": "1" });
    const origin = {
      status: 200,
      framing: "length",
      fields: [["vary", "X-Currency, X-Auth-Token"]],
    } as const;
    expect(fieldsOf({ received, origin }).request).toEqual({ "x-currency": "EUR", "x-auth-token": "…" });
  });
});

describe("of an answer evidence has", () => {
  test("what says how it may be kept, as the origin has said it", () => {
    const origin: Exhibit["origin"] = {
      status: 200,
      framing: "chunked",
      fields: [
        ["cache-control", "max-age=5"],
        ["cdn-cache-control", "no-store"],
        ["set-cookie", "session=hush; Path=/"],
        ["x-powered-by", "PHP"],
      ],
    };
    const answered = new Headers({ "Cache-Control": "another" });
    expect(fieldsOf({ origin, answered }).response).toEqual({
      "cache-control": "max-age=5",
      "cdn-cache-control": "no-store",
      "set-cookie": "session=…",
      "transfer-encoding": "chunked",
    });
  });

  test("what was sent, where the origin has confirmed what is stored", () => {
    const { origin: _, ...confirmed } = asked({ cache: "REVALIDATED", reason: "revalidated" });
    const answered = new Headers({ ETag: '"1"', Via: "1.1 cacheproxy" });
    expect(evidenceOf({ ...confirmed, answered }).responseFields).toEqual([["etag", '"1"']]);
  });

  test("nothing of what the cache says itself, since the origin failed", () => {
    const { origin: _, ...failed } = asked({ cache: "ERROR", reason: "origin-refused", status: 502 });
    const answered = new Headers({ "Cache-Control": "no-store" });
    expect(evidenceOf({ ...failed, answered })).toMatchObject({ status: 502, responseFields: [] });
  });
});

test.each<[string, [string, string][], string | null]>([
  [
    "its entity tag",
    [
      ["last-modified", "yesterday"],
      ["etag", '"1"'],
    ],
    '"1"',
  ],
  ["else when it was made", [["last-modified", "yesterday"]], "yesterday"],
  ["else nothing", [["content-length", "5"]], null],
])("a body is known by %s", (_, fields, name) => {
  expect(bodyNameOf(asked({ origin: { status: 200, framing: "length", fields } }))).toBe(name);
});
