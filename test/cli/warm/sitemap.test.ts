import { describe, expect, test } from "bun:test";
import { createSitemapReader, type Named } from "../../../src/cli/warm/sitemap.ts";

const urlset = (inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${inner}</urlset>`;

function namedBy(text: string, chunkLength = text.length): Named[] {
  const reader = createSitemapReader();
  const found: Named[] = [];
  for (let at = 0; at < text.length; at += chunkLength)
    found.push(...reader.read(text.slice(at, at + chunkLength)));
  return [...found, ...reader.end()];
}

const page = (url: string): Named => ({ kind: "page", url });

describe("a sitemap names", () => {
  const image = '<image:image xmlns:image="i"><image:loc>/a.png</image:loc></image:image>';
  test.each<[what: string, text: string, named: Named[]]>([
    ["nothing", urlset(""), []],
    [
      "the pages in its loc elements",
      urlset("<url><loc>/a</loc></url><url><loc>/b</loc></url>"),
      [page("/a"), page("/b")],
    ],
    ["what stands there, without space around it", urlset("<url><loc>\n  /a\n</loc></url>"), [page("/a")]],
    ["what entities mean", urlset("<url><loc>/a?b=1&amp;c=&#50;</loc></url>"), [page("/a?b=1&c=2")]],
    ["what is in CDATA", urlset("<url><loc><![CDATA[/a?b&c]]></loc></url>"), [page("/a?b&c")]],
    ["no images", urlset(`<url><loc>/a</loc>${image}</url>`), [page("/a")]],
    ["nothing where loc is empty", urlset("<url><loc> </loc></url>"), []],
    [
      "pages, whatever prefix stands for its namespace",
      '<s:urlset xmlns:s="x"><s:url><s:loc>/a</s:loc></s:url></s:urlset>',
      [page("/a")],
    ],
    [
      "other sitemaps, as an index",
      "<sitemapindex><sitemap><loc>/one.xml</loc></sitemap></sitemapindex>",
      [{ kind: "sitemap", url: "/one.xml" }],
    ],
  ])("%s", (_, text, named) => expect(namedBy(text)).toEqual(named));

  test("the same, however it is cut into pieces", () => {
    const text = urlset("<url><loc>/a?b=1&amp;c</loc></url><url><loc><![CDATA[/ü]]></loc></url>");
    for (let length = 1; length < text.length; length++) expect(namedBy(text, length)).toEqual(namedBy(text));
  });
});

describe("what is wrong is told with its place", () => {
  test.each([
    ["<urlset><url><loc>/a</loc></urll></urlset>", "line 1, column 33: unexpected close tag."],
    ["<urlset>\n<url>\n<loc>/a&nbsp;b</loc></url></urlset>", /^line 3, column \d+: undefined entity/],
    ["<urlset><url>", /^line 1, column \d+: unclosed tag: url/],
    [
      "<html><body>Not found</body></html>",
      "line 1, column 6: the first element is <html>; of a sitemap it should be <urlset> or <sitemapindex>",
    ],
    // What is open would be held, however much it is.
    [`<urlset>${"<a>".repeat(32)}`, "more than 32 elements are open"],
    [
      `<urlset><url ${Array.from({ length: 101 }, (_, place) => `a${place}=""`).join(" ")}`,
      "more than 100 attributes",
    ],
  ])("%j", (text, message) => expect(() => namedBy(text)).toThrow(message));

  test("what comes before it is told all the same", () => {
    const reader = createSitemapReader();
    expect(reader.read("<urlset><url><loc>/a</loc></url><url></loc>")).toEqual([page("/a")]);
    expect(() => reader.end()).toThrow("unexpected close tag");
  });
});
