import { describe, expect, test } from "bun:test";
import { run } from "../../src/cli/run.ts";
import { explanationInWords } from "../../src/cli/explain-words.ts";
import { explanationSchema } from "../../src/control/explanation.ts";

interface Said {
  readonly code: number;
  readonly text: string;
  readonly complaints: readonly string[];
}

/** Runs `explain` where there are these files and no others. */
async function explain(
  words: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const complaints: string[] = [];
  let text = "";
  const code = await run(["explain", ...words], {
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    async readFile(path) {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error("there is none"), { code: "ENOENT" });
      return content;
    },
    async say(said) {
      text += said;
    },
    complain: (line) => complaints.push(line),
  });
  return { code, text, complaints };
}

const shop = `
[[site]]
name = "shop"
hosts = ["shop.example"]
origins = ["http://127.0.0.1:1"]

[[site.rule]]
name = "cart"
if = { path = "/cart/**" }
pass = true

[[site.rule]]
name = "blog"
if = { path = "/blog/**" }
query = { ignore = "tracking" }
default-lifetime = "5m"
`;

describe("explain --response", () => {
  const judge = (words: readonly string[], response: string, config = shop) =>
    explain(["--response", "head.txt", "--config", "shop.toml", ...words], {
      "head.txt": response,
      "shop.toml": config,
    });

  test("judges a response by the rules of the file, without any origin", async () => {
    const said = await judge(
      ["http://shop.example/blog/a?utm_source=b&page=2"],
      "HTTP/1.1 200 OK\nContent-Length: 5\n\nHello",
    );
    expect(said).toEqual({ code: 0, text: expect.any(String), complaints: [] });
    expect(said.text).toBe(`GET http://shop.example/blog/a?utm_source=b&page=2
Such a response would be stored, and be fresh for 5 minutes.

  site      shop
  rules     blog
  key       /blog/a?page=2 of http://shop.example
            left out: query utm_source
  response  200, with no field that speaks of caching.
            Fresh for 5 minutes. The response states no lifetime, and the operator's default gives
            it one.

Nothing is to be changed: it is stored, and the next visitors who ask for the same get it from the
cache.
`);
  });

  test.each([
    ["no lifetime", "Content-Length: 5", "The response has no lifetime and no validator"],
    ["private", "Cache-Control: private", "The response says Cache-Control: private."],
    [
      "a cookie",
      "Content-Length: 5\nSet-Cookie: a=b",
      "The response has Set-Cookie and no explicit lifetime.",
    ],
    ["vary", "Cache-Control: max-age=60\nVary: *", "Vary: * matches no later request."],
    [
      "an old date",
      "Cache-Control: max-age=60\nDate: Sun, 01 Mar 2020 12:00:00 GMT",
      "be fresh for 1 minute.",
    ],
  ])("says what stands in its way: %s", async (_, fields, why) => {
    const { text } = await judge(["http://shop.example/"], `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`);
    expect(text.replaceAll(/\s+/g, " ")).toContain(why);
  });

  test("says what decides before there is a response", async () => {
    const { text } = await judge(
      ["http://shop.example/cart/1"],
      "HTTP/1.1 200 OK\nCache-Control: max-age=60\n",
    );
    expect(text).toContain("rules     cart");
    expect(text).toContain("A rule passes this on (cart)");
  });

  test("takes fields and the method of the request", async () => {
    const response = "HTTP/1.1 200 OK\nCache-Control: max-age=60\n";
    const { text } = await judge(["http://shop.example/", "-H", "Authorization: Basic x"], response);
    expect(text).toContain("known by authorization");
    expect((await judge(["-X", "POST", "http://shop.example/"], response)).text).toContain(
      "POST http://shop",
    );
  });

  test("knows an origin only by the flags of the start: a site of the file needs none", async () => {
    const said = await explain(["--response", "head.txt", "--config", "shop.toml"], {
      "head.txt": "HTTP/1.1 200 OK\nContent-Length: 5\n",
      "shop.toml":
        '[[site]]\nname = "main"\n\n[[site.rule]]\nif = { path = "/" }\ndefault-lifetime = "60s"\n',
    });
    expect([said.code, said.complaints]).toEqual([0, []]);
    expect(said.text).toContain("would be stored, and be fresh for 1 minute");
  });

  test("matches nothing where no site has the host", async () => {
    const said = await judge(["http://other.example/"], "HTTP/1.1 200 OK\n");
    expect(said.code).toBe(3);
    expect(said.text).toContain("none answers for other.example");
  });

  test("says that nobody listens for the scheme", async () => {
    const response = "HTTP/1.1 200 OK\nCache-Control: max-age=60\n";
    const words = (text: string) => text.replaceAll(/\s+/g, " ");
    expect(words((await judge(["https://shop.example/"], response)).text)).toContain(
      "scheme a request by http, for nobody listens for https here",
    );
    expect((await judge(["http://shop.example/"], response)).text).not.toContain("scheme");
  });

  test("says all of it as JSON", async () => {
    const { text } = await judge(["shop.example/", "--json"], "HTTP/1.1 200 OK\nVary: *\n");
    const { advice, fetched } = explanationSchema.parse(JSON.parse(text));
    expect(fetched).toMatchObject({ reason: "vary-any", isStored: false });
    expect(advice[0]).toMatchObject({ where: "origin", copy: "Vary: Accept-Encoding" });
  });
});

test.each([
  [[], "explain needs a URL such as http://shop.example/cart, or a path such as /cart"],
  [["ftp://a"], '"ftp://a" should be a URL such as "http://shop.example/cart", or a path'],
  [["/", "-H", "no field"], '--header should be a name, a colon and a value, such as "Cookie: lang=de"'],
  [["/", "-X", "no method"], "--method should be a method such as GET"],
  [["/", "--from", "home"], "--from should be an address such as 192.0.2.7"],
  [["/", "--fetch", "--response", "a"], "--fetch and --response both say what the origin answers"],
  [
    ["/", "--fetch", "-X", "POST"],
    "--fetch asks the origin for real; it should be with GET or HEAD, not POST",
  ],
  [["/", "--response", "head.txt"], "the response should begin with a line such as"],
])("explain %j is refused", async (words, complaint) => {
  const { code, complaints } = await explain(words, { "head.txt": "<html>" });
  expect(code).toBe(2);
  expect(complaints).toHaveLength(1);
  expect(complaints[0]).toStartWith(complaint);
});

test("a response that cannot be read is told of", async () => {
  const { code, complaints } = await explain(["--response", "gone"]);
  expect([code, complaints]).toEqual([
    1,
    ['--response "gone" cannot be read (ENOENT); it should be a file, or - for the standard input'],
  ]);
});

test("what clients and origins have sent neither breaks a line nor colours it", () => {
  const odd = "\u001b[31m\r\nred\u202e";
  const told = {
    ...{ method: odd, url: odd },
    steps: [odd, odd].map((text) => ({ about: odd, text, clause: null })),
    advice: [{ where: "origin" as const, text: odd, copy: odd }],
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(explanationInWords(told, false)).not.toMatch(/[\u001b\r\u202e]/);
});

test("a terminal gets colours, and nobody else", () => {
  const steps = [
    { about: "verdict", text: "It is.", clause: null },
    { about: "decision", text: "So.", clause: "RFC 9111 §4" },
  ];
  const told = { method: "GET", url: "http://a/", steps, advice: [] };
  expect(explanationInWords(told, true)).toContain("\u001b[2m(RFC 9111 §4)\u001b[22m");
  expect(explanationInWords(told, false)).toBe("GET http://a/\nIt is.\n\n  decision  So. (RFC 9111 §4)\n");
});
