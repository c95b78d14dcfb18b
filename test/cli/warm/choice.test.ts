import { describe, expect, test } from "bun:test";
import { createChoice, type Page } from "../../../src/cli/warm/choice.ts";
import { type Door, doorFor } from "../../../src/cli/warm/doors.ts";
import type { Serving } from "../../../src/control/serving.ts";

const tcp = (scheme: "http" | "https", host: string, port: number) =>
  ({ kind: "tcp", scheme, host, port }) as const;
const [plain, secure] = [tcp("http", "0.0.0.0", 80), tcp("https", "::", 443)];
const socket = { kind: "unix", path: "/run/cache.sock" } as const;
const told = (scheme: string, address = "127.0.0.1") =>
  [
    ["x-forwarded-for", address],
    ["x-forwarded-proto", scheme],
  ] as const;
const atPlain = { origin: "http://127.0.0.1:80", unix: undefined };
const atSecure = { origin: "https://[::1]:443", unix: undefined };

describe("requests come in", () => {
  test.each<
    [
      what: string,
      scheme: "http" | "https",
      listen: Serving["listen"],
      trust: string[],
      door: Door | undefined,
    ]
  >([
    ["where their scheme is spoken", "http", [secure, plain], [], { ...atPlain, fields: [], scheme: "http" }],
    ["where https is spoken", "https", [plain, secure], [], { ...atSecure, fields: [], scheme: "https" }],
    [
      "at a socket",
      "http",
      [socket],
      [],
      { origin: "http://localhost", unix: socket.path, fields: [], scheme: "http" },
    ],
    [
      "of https where this machine is believed that it is",
      "https",
      [plain],
      ["127.0.0.0/8"],
      { ...atPlain, fields: told("https"), scheme: "https" },
    ],
    [
      "of https at a socket that believes it",
      "https",
      [socket],
      ["127.0.0.1"],
      { origin: "http://localhost", unix: socket.path, fields: told("https"), scheme: "https" },
    ],
    [
      "of https at the address that is believed",
      "https",
      [tcp("http", "10.1.2.3", 80)],
      ["10.0.0.0/8"],
      { origin: "http://10.1.2.3:80", unix: undefined, fields: told("https", "10.1.2.3"), scheme: "https" },
    ],
    [
      "of https as of http where nobody's visitors have https",
      "https",
      [plain],
      [],
      { ...atPlain, fields: [], scheme: "http" },
    ],
    ["of https nowhere where others are believed", "https", [plain], ["10.0.0.0/8"], undefined],
    ["of http nowhere where all is https", "http", [secure], [], undefined],
    [
      "of http where this machine is believed at the door of https",
      "http",
      [secure],
      ["::1"],
      { ...atSecure, fields: told("http", "::1"), scheme: "http" },
    ],
  ])("%s", (_, scheme, listen, trust, door) => expect(doorFor(scheme, { listen, trust })).toEqual(door));
});

describe("of what is named", () => {
  const sites = [
    { name: "shop", hosts: ["shop.example", "*.shop.example"] },
    { name: "blog", hosts: ["blog.example"] },
  ];
  const serving: Serving = { listen: [plain], trust: ["10.0.0.0/8"], maxObject: 1000, sites };

  test("each page of a site is chosen once, without fragment and credentials", () => {
    const { choose, leftOut } = createChoice(serving);
    const named = [
      "http://shop.example/a#top",
      "http://SHOP.example:80/a",
      "http://me:secret@img.shop.example/b",
      "http://blog.example:8080/",
    ];
    const chosen = named.map(choose).filter((page): page is Page => page !== undefined);
    expect(chosen.map(({ url }) => url.href)).toEqual([
      "http://shop.example/a",
      "http://img.shop.example/b",
      "http://blog.example:8080/",
    ]);
    expect(leftOut.repeated).toBe(1);
  });

  test("all else is counted, with examples", () => {
    const { choose, leftOut } = createChoice(serving);
    const others = Array.from({ length: 9 }, (_, place) => `http://${place}.other.example/`);
    const named = [
      ...others,
      "https://shop.example/a",
      "/path",
      "ftp://shop.example/",
      `http://shop.example/${"x".repeat(9000)}`,
    ];
    expect(named.map(choose).every((page) => page === undefined)).toBe(true);
    expect(leftOut.foreign.count).toBe(9);
    expect([...leftOut.foreign.hosts]).toHaveLength(5);
    expect(leftOut.unreachable).toEqual({ http: 0, https: 1 });
    expect(leftOut.unreadable.count).toBe(3);
    expect(leftOut.unreadable.examples.slice(0, 2)).toEqual(["/path", "ftp://shop.example/"]);
  });

  test("a site of every host takes every host", () => {
    const { choose } = createChoice({ ...serving, sites: [{ name: "", hosts: [] }] });
    expect(choose("http://anything.example/a")?.url.host).toBe("anything.example");
  });
});
