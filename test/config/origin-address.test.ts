import { describe, expect, test } from "bun:test";
import {
  normalOrigin,
  type OriginAddress,
  originAddress,
  originName,
  originsRefusal,
  withoutCredentials,
} from "../../src/config/origin-address.ts";

const plain = { pathPrefix: "", socketPath: null, authorization: null };
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("an origin is written as", () => {
  test.each<[text: string, normal: string, address: OriginAddress, name: string]>([
    ["http://127.0.0.1:8000", "http://127.0.0.1:8000", { origin: "http://127.0.0.1:8000", ...plain }, ""],
    ["HTTPS://Example.com:443/", "https://example.com", { origin: "https://example.com", ...plain }, ""],
    [
      "http://127.0.0.1:8000/app",
      "http://127.0.0.1:8000/app",
      { origin: "http://127.0.0.1:8000", ...plain, pathPrefix: "/app" },
      "",
    ],
    [
      "http://example.com/a/../one/two//",
      "http://example.com/one/two",
      { origin: "http://example.com", ...plain, pathPrefix: "/one/two" },
      "",
    ],
    [
      "https://me:s3cret@example.com/app/",
      "https://me:s3cret@example.com/app",
      {
        origin: "https://example.com",
        socketPath: null,
        pathPrefix: "/app",
        authorization: basic("me:s3cret"),
      },
      "https://example.com/app",
    ],
    [
      "http://m%C3%A9:p%40ss%3Aw@example.com",
      "http://m%C3%A9:p%40ss%3Aw@example.com",
      { origin: "http://example.com", ...plain, authorization: basic("mé:p@ss:w") },
      "http://example.com",
    ],
    [
      "http://token@example.com",
      "http://token@example.com",
      { origin: "http://example.com", ...plain, authorization: basic("token:") },
      "http://example.com",
    ],
    [
      "unix:/run/app.sock",
      "unix:/run/app.sock",
      { origin: "http://localhost", ...plain, socketPath: "/run/app.sock" },
      "",
    ],
    [
      "unix:///run/my app.sock",
      "unix:/run/my app.sock",
      { origin: "http://localhost", ...plain, socketPath: "/run/my app.sock" },
      "",
    ],
  ])("%s", (text, normal, address, name) => {
    expect(originAddress(text)).toEqual(address);
    expect(normalOrigin(text)).toBe(normal);
    // What the settings hold says the same again.
    expect(originAddress(normal)).toEqual(address);
    expect(originName(address)).toBe(name === "" ? normal : name);
  });

  test.each([
    "ftp://example.com",
    "http://",
    "http://example.com?q",
    "http://example.com/a#b",
    "http://exa mple.com",
    "http://example.com\\app",
    "http://a%3Ab:c@example.com",
    "http://a:%0d@example.com",
    "http://a:%zz@example.com",
    "unix:",
    "unix:app.sock",
    "unix:/run/",
    "unix:/a\0b",
    "",
  ])("not as %p", (text) => {
    expect(originAddress(text)).toBeUndefined();
    expect(normalOrigin(text)).toBeUndefined();
  });
});

describe("credentials are shown to nobody", () => {
  test.each([
    ["http://me:secret@example.com/a", "http://***@example.com/a"],
    ["http://secret@example.com", "http://***@example.com"],
    ["me:secret@example.com", "***@example.com"],
    ["http://me:sec/ret@example.com", "http://***@example.com"],
    ["http://me:sec@ret@example.com", "http://***@example.com"],
    ['["https://me:secret@example.com"]', '["https://***@example.com"]'],
    ["  http://me:sec\nret@example.com", "  http://***@example.com"],
    ["http://example.com/a", "http://example.com/a"],
    ["unknown option '--o=http://me:secret@example.com'", "unknown option '--o=http://***@example.com'"],
    ["8888", "8888"],
  ])("%p", (text, shown) => expect(withoutCredentials(text)).toBe(shown));
});

test.each<[origins: string[], refusal: string | null]>([
  [["http://10.0.0.1"], null],
  [["http://10.0.0.1:8080/app", "https://me:secret@10.0.0.2/app/"], null],
  [["http://10.0.0.1", "unix:/run/app.sock"], null],
  [[], "there is none; it should be at least one URL"],
  [
    ["http://10.0.0.1/app", "http://me:secret@10.0.0.2/other"],
    "http://10.0.0.1/app and http://10.0.0.2/other have different paths; all origins of a site should have the same",
  ],
  [
    ["http://10.0.0.1/app", "unix:/run/app.sock"],
    "http://10.0.0.1/app and unix:/run/app.sock have different paths; all origins of a site should have the same",
  ],
  [
    ["http://10.0.0.1", "http://10.0.0.2", "http://me:secret@10.0.0.1:80/"],
    "http://10.0.0.1 is there twice; each should be named once",
  ],
])("origins of one site: %j", (origins, refusal) => expect(originsRefusal(origins)).toBe(refusal));
