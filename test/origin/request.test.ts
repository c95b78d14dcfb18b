import { describe, expect, test } from "bun:test";
import {
  fieldsToSend,
  isTellable,
  type RuledFields,
  type SendingOptions,
  valueToSend,
} from "../../src/origin/request.ts";

const client = { address: "192.0.2.7", protocol: "http", host: "shop.example:81" } as const;
const options: SendingOptions = {
  originHost: "origin.example",
  loopId: "7",
  isSurrogate: false,
  underscoreFields: "drop",
};
/** Said for every client that says nothing itself. */
const written = {
  host: "origin.example",
  "user-agent": "cacheproxy",
  accept: "*/*",
  "x-forwarded-for": "192.0.2.7",
  "x-forwarded-proto": "http",
  "x-forwarded-host": "shop.example:81",
  forwarded: 'for=192.0.2.7;proto=http;host="shop.example:81"',
  via: "1.1 cacheproxy",
  "cdn-loop": 'cacheproxy; id="7"',
};

const unruled: RuledFields = { changes: { set: [], remove: [] }, foldsEncodings: false };

type Changes = {
  ruled?: RuledFields;
  options?: Partial<SendingOptions>;
  client?: Partial<typeof client>;
  method?: string;
};

function sent(fields: Record<string, string>, changes: Changes = {}) {
  return fieldsToSend(
    changes.method ?? "GET",
    new Headers(fields),
    { ...client, ...changes.client },
    { ...options, ...changes.options },
    changes.ruled ?? unruled,
  );
}

function linesOf(fields: Record<string, string>, changes?: Changes): Record<string, string> {
  const { lines, get } = sent(fields, changes);
  return Object.fromEntries(lines.map(([name]) => [name, get(name) ?? ""]));
}

describe("a request to the origin", () => {
  test("tells what the connection tells of the client", () => {
    expect(linesOf({})).toEqual(written);
  });

  test.each<[Changes, Record<string, string | undefined>]>([
    [
      { client: { address: null } as never },
      { "x-forwarded-for": undefined, forwarded: 'for=unknown;proto=http;host="shop.example:81"' },
    ],
    [
      { client: { address: "2001:db8::1" } as never },
      {
        "x-forwarded-for": "2001:db8::1",
        forwarded: 'for="[2001:db8::1]";proto=http;host="shop.example:81"',
      },
    ],
    [
      { client: { host: "" } as never },
      { "x-forwarded-host": undefined, forwarded: "for=192.0.2.7;proto=http" },
    ],
    [
      { client: { protocol: "https" } as never },
      { "x-forwarded-proto": "https", forwarded: 'for=192.0.2.7;proto=https;host="shop.example:81"' },
    ],
    [{ options: { originHost: null } }, { host: "shop.example:81" }],
    [
      { options: { originHost: null }, client: { host: "" } as never },
      { host: undefined, "x-forwarded-host": undefined, forwarded: "for=192.0.2.7;proto=http" },
    ],
    [{ options: { isSurrogate: true } }, { "surrogate-capability": 'cacheproxy="Surrogate/1.0"' }],
  ])("with %j says %j", (changes, expected) => {
    const { lines, get } = sent({ Host: "SHOP.example:81" }, changes);
    const names = new Set([...lines.map(([name]) => name), ...Object.keys(expected)]);
    const told = Object.fromEntries([...names].map((name) => [name, get(name) ?? undefined]));
    expect(told).toEqual({ ...written, ...expected } as typeof told);
  });

  test("adds to what proxies before have said of themselves", () => {
    const told = linesOf({ Via: "1.0 a", "CDN-Loop": "b" });
    expect([told["via"], told["cdn-loop"]]).toEqual(["1.0 a, 1.1 cacheproxy", 'b, cacheproxy; id="7"']);
  });

  test("says nothing for a client that says something, be it nothing", () => {
    const told = linesOf({ "User-Agent": "", Accept: "text/css" });
    expect([told["user-agent"], told["accept"]]).toEqual(["", "text/css"]);
  });
});

describe("a client's field", () => {
  const dropped: [what: string, fields: Record<string, string>][] = [
    ["for its connection", { Connection: "close", "Keep-Alive": "5", TE: "gzip", Upgrade: "h2c" }],
    ["that Connection names", { Connection: "close, RSC, X-Kind", RSC: "1", "X-Kind": "a" }],
    ["for a proxy", { "Proxy-Authorization": "Basic YTpi", "Proxy-Connection": "close" }],
    ["that was answered already", { Expect: "100-continue" }],
    ["that claims what it cannot know", { "X-Forwarded-Host": "evil.test", "X-Original-URL": "/evil" }],
    [
      "that claims it by another spelling",
      { X_Forwarded_Host: "evil.test", "X-Forwarded_Host": "evil.test" },
    ],
    ["with an underscore", { X_Kind: "a" }],
    ["with what some servers take for one", { "X.Kind": "a", "X!Kind": "b" }],
    ["that asks for another method", { "X-HTTP-Method-Override": "DELETE" }],
  ];
  test.each(dropped)("%s is not sent on", (_, fields) => {
    expect(linesOf(fields)).toEqual(written);
  });

  test("on which others rely cannot be named away", () => {
    const fields = { cookie: "a=1", "accept-encoding": "br", authorization: "x", "if-none-match": '"1"' };
    const connection = Object.keys(fields).join(",");
    expect(linesOf({ ...fields, Connection: connection })).toEqual({ ...written, ...fields });
  });

  test("that claims what is to be done is sent on where no answer is shared", () => {
    const told = linesOf(
      { "X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/evil" },
      { method: "POST" },
    );
    expect(told).toEqual({ ...written, "x-http-method-override": "DELETE" });
  });
});

describe("with --underscore-fields keep", () => {
  const keep = { options: { underscoreFields: "keep" } } as const;

  test("fields with underscores are sent on", () => {
    expect(linesOf({ X_Kind: "a", user_id: "7" }, keep)).toEqual({ ...written, x_kind: "a", user_id: "7" });
  });

  test.each([
    "X_Forwarded_Host",
    "Accept_Encoding",
    "If_None_Match",
    "Content_Length",
    "Transfer_Encoding",
    "Proxy_Connection",
    "X_HTTP_Method_Override",
  ])("%s is not, which the origin may take for a field that the cache goes by or knows better", (name) => {
    expect(linesOf({ [name]: "1" }, keep)).toEqual(written);
  });

  test("a field is read as an origin reads it that takes _ for -", () => {
    expect(sent({ X_Kind: "a" }, keep).get("x-kind")).toBe("a");
    expect(sent({ X_Kind: "a" }, keep).get("x_kind")).toBe("a");
    expect(sent({ "X-Kind": "b", X_Kind: "a" }, keep).get("x-kind")).toBe("b, a");
    expect(sent({ X_Kind: "a" }, keep).has("x-kind")).toBe(true);
  });
});

describe("what is sent in one field is known without the others", () => {
  const requests: Record<string, string>[] = [
    {},
    { Accept: "text/css", "Accept-Encoding": "gzip", "User-Agent": "me", RSC: "1", "X-Kind": "a" },
    { RSC: "1", Connection: "close, RSC" },
    { RSC: "1", Connection: "close" },
    { "Accept-Encoding": "gzip", Connection: "accept-encoding, accept, user-agent" },
    { "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", Host: "Evil.test", Via: "1.0 a" },
    { Cookie: "a=1", Origin: "https://a.test", "User-Agent": "" },
    { "X-HTTP-Method-Override": "PUT", "X-Real-IP": "6.6.6.6", "CDN-Loop": "a", TE: "trailers" },
  ];
  const names = (
    "accept accept-encoding user-agent rsc x-kind cookie origin host via cdn-loop forwarded x-forwarded-host " +
    "x-forwarded-proto x-forwarded-for x-real-ip x-http-method-override te connection expect x_kind unheard-of " +
    "surrogate-capability authorization"
  ).split(" ");

  test.each(requests)("%j", (fields) => {
    const received = new Headers(fields);
    const whole = sent(fields);
    for (const name of names.filter(isTellable)) {
      expect([name, valueToSend(received, name, client, false)]).toEqual([name, whole.get(name)]);
    }
  });

  test("for the fields that requests mostly differ by", () => {
    const usual = "accept accept-encoding user-agent rsc cookie origin x-forwarded-host x-forwarded-proto";
    expect(names.filter(isTellable)).toEqual(expect.arrayContaining(usual.split(" ")));
  });
});
