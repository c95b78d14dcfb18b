import { expect, test } from "bun:test";
import { type PurgeRequest, purgeRequestSchema } from "../../src/control/purge.ts";
import { type RemovalKind, removalOfEntry, removalOfForm } from "../../src/page/entries/removal.ts";

const entry = { target: "/a?b", host: "", scheme: "http" as const, site: "" };

test.each<[change: Partial<typeof entry>, request: PurgeRequest, what: string]>([
  [{}, { path: "/a?b" }, "/a?b"],
  [{ site: "shop" }, { path: "/a?b", site: "shop" }, "/a?b of the site shop"],
  [{ host: "shop.test:8080" }, { url: "http://shop.test:8080/a?b" }, "http://shop.test:8080/a?b"],
  [
    { host: "shop.test", site: "shop" },
    { url: "http://shop.test/a?b", site: "shop" },
    "http://shop.test/a?b",
  ],
])("of the entry %j it is %j that goes: %s", (change, request, what) => {
  expect(removalOfEntry({ ...entry, ...change })).toEqual({ request, what, typed: null });
  expect(purgeRequestSchema.safeParse(request).success).toBe(true);
});

test.each<[kind: RemovalKind, text: string, site: string, request: PurgeRequest, what: string]>([
  ["url", " /a ", "", { path: "/a" }, "/a"],
  [
    "url",
    "https://a.test/b",
    "shop",
    { url: "https://a.test/b", site: "shop" },
    "https://a.test/b of the site shop",
  ],
  ["prefix", "/img/", "", { prefix: "/img/" }, "all that begins with /img/"],
  ["tag", "news", "shop", { tag: "news", site: "shop" }, "all that bears the tag news of the site shop"],
  ["site", "shop", "blog", { site: "shop" }, "all of the site shop"],
  ["all", "", "", { all: true }, "all that is stored"],
  ["all", "/a", "shop", { site: "shop" }, "all that is stored of the site shop"],
])("the form with %s %j and the site %j means %j: %s", (kind, text, site, request, what) => {
  const removal = removalOfForm(kind, text, site);
  expect(removal).toMatchObject({ request, what });
  expect(purgeRequestSchema.safeParse(request).success).toBe(true);
});

test.each<[RemovalKind, string | undefined]>([
  ["url", "purge"],
  ["prefix", "purge"],
  ["tag", "purge"],
  ["site", "purge"],
  ["all", "purge all"],
])("the form wants something typed before it purges by %s", (kind, typed) => {
  expect(removalOfForm(kind, "/x", "")?.typed).toBe(typed);
});

test.each<RemovalKind>(["url", "prefix", "tag", "site"])(
  "the form with %s and no text means nothing",
  (kind) => {
    expect(removalOfForm(kind, "  ", "shop")).toBeNull();
  },
);
