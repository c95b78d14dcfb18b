import { describe, expect, test } from "bun:test";
import { sitemapsIn } from "../../../src/cli/warm/robots.ts";
import { SourceError } from "../../../src/cli/warm/source-error.ts";
import { type Source, sourceNamed, urlsOf } from "../../../src/cli/warm/sources.ts";

const shop = "http://shop.example";
const map = (...urls: string[]) =>
  `<urlset>${urls.map((url) => `<url><loc>${url}</loc></url>`).join("")}</urlset>`;
const index = (...urls: string[]) =>
  `<sitemapindex>${urls.map((url) => `<sitemap><loc>${url}</loc></sitemap>`).join("")}</sitemapindex>`;

/** All that the sources name, what could not be read, and what was fetched for it. */
async function read(sources: readonly Source[], served: Readonly<Record<string, string>>, base?: string) {
  const troubles: string[] = [];
  const fetched: string[] = [];
  const urls = urlsOf(sources, {
    async fetchBytes(url) {
      fetched.push(url);
      const text = served[url];
      if (text === undefined) throw new SourceError("was answered with 404");
      return [Uint8Array.from(Buffer.from(text))];
    },
    readFile: (path) => [Uint8Array.from(Buffer.from(served[path] ?? ""))],
    base,
    onTrouble: (source, problem) => troubles.push(`${source}: ${problem}`),
  });
  return { urls: await Array.fromAsync(urls), troubles, fetched };
}

describe("a word of the command line is", () => {
  test.each<[word: string, kind: string | undefined]>([
    ["-", "standard input"],
    ["urls.txt", "file"],
    ["nowhere.txt", undefined],
    ["shop.example", undefined],
    ["http://", undefined],
    [`${shop}`, "site"],
    [`${shop}/`, "site"],
    [`${shop}/?a`, "page"],
    [`${shop}/about`, "page"],
    [`${shop}/robots.txt`, "robots"],
    [`${shop}/sitemap.xml`, "sitemap"],
    [`${shop}/maps/posts.XML.gz`, "sitemap"],
    [`${shop}/sitemap?page=2`, "sitemap"],
    [`${shop}/sitemap/about`, "page"],
  ])("%s: %p", (word, kind) =>
    expect(sourceNamed(word, (path) => path === "urls.txt")?.kind).toBe(kind as never),
  );
});

test("robots.txt names sitemaps in any case and place, each once", () => {
  const robots = `\ufeffSITEMAP: ${shop}/a.xml\r\nUser-agent: *\nDisallow: /sitemap: x\n sitemap :${shop}/b.xml # b\nSitemap:\nsitemap: ${shop}/a.xml`;
  expect(sitemapsIn(robots)).toEqual([`${shop}/a.xml`, `${shop}/b.xml`]);
});

describe("of sources are told", () => {
  test("the pages of all sitemaps that an index names, in order, and a broken one keeps nobody from the next", async () => {
    const { urls, troubles } = await read([{ kind: "sitemap", name: `${shop}/index.xml` }], {
      [`${shop}/index.xml`]: index("/one.xml", `${shop}/bad.xml`, "/gone.xml", "/two.xml"),
      [`${shop}/one.xml`]: map("/a", `${shop}/b`),
      [`${shop}/bad.xml`]: "<urlset><url><loc>/c</loc></url></oops>",
      [`${shop}/two.xml`]: map("/d"),
    });
    expect(urls).toEqual(["/a", "/b", "/c", "/d"].map((path) => shop + path));
    expect(troubles).toEqual([
      `${shop}/bad.xml: line 1, column 39: unexpected close tag.`,
      `${shop}/gone.xml: was answered with 404`,
    ]);
  });

  test("those of each sitemap once, also where they name each other", async () => {
    const { urls, fetched } = await read([{ kind: "sitemap", name: `${shop}/a.xml` }], {
      [`${shop}/a.xml`]: index("/b.xml", "/a.xml", "/b.xml"),
      [`${shop}/b.xml`]: index("/a.xml", "/c.xml"),
      [`${shop}/c.xml`]: map("/page"),
    });
    expect(urls).toEqual([`${shop}/page`]);
    expect(fetched).toHaveLength(3);
  });

  test("none of sitemaps that are named deeper than sitemaps are", async () => {
    const served = Object.fromEntries(
      Array.from({ length: 9 }, (_, place) => [`${shop}/${place}.xml`, index(`/${place + 1}.xml`)]),
    );
    const { fetched, troubles } = await read([{ kind: "sitemap", name: `${shop}/0.xml` }], served);
    expect(fetched).toHaveLength(4);
    expect(troubles).toEqual([`${shop}/4.xml: is left out: sitemaps name sitemaps 3 levels deep`]);
  });

  test("no more of what cannot be read than somebody reads, and no password", async () => {
    const names = Array.from({ length: 300 }, (_, place) => `http://anna:secret@shop.example/${place}.xml`);
    const { troubles } = await read([{ kind: "sitemap", name: `${shop}/0.xml` }], {
      [`${shop}/0.xml`]: index(...names),
    });
    expect(troubles).toHaveLength(101);
    expect(troubles[0]).toBe("http://***@shop.example/0.xml: was answered with 404");
    expect(troubles[100]).toBe("200 others: could not be read, or not whole, either");
  });

  test("of a site its first page, and what its robots.txt leads to; without one what its usual sitemap names", async () => {
    const site: Source = { kind: "site", name: `${shop}/` };
    const robots = { [`${shop}/robots.txt`]: `Sitemap: ${shop}/a.xml`, [`${shop}/a.xml`]: map("/a") };
    expect((await read([site], robots)).urls).toEqual([`${shop}/`, `${shop}/a`]);
    const usual = { [`${shop}/sitemap.xml`]: map("/b") };
    expect((await read([site], usual)).urls).toEqual([`${shop}/`, `${shop}/b`]);
    const { urls, troubles } = await read([site], {});
    expect([urls, troubles]).toEqual([[`${shop}/`], [`${shop}/sitemap.xml: was answered with 404`]]);
  });

  test("of a robots.txt that was named, that it names no sitemap", async () => {
    const robots = { [`${shop}/robots.txt`]: "User-agent: *" };
    expect((await read([{ kind: "robots", name: `${shop}/robots.txt` }], robots)).troubles).toEqual([
      `${shop}/robots.txt: names no sitemap; it should have a line such as Sitemap: URL`,
    ]);
  });

  test("lines of a list, paths by the base", async () => {
    const file: Source = { kind: "file", name: "urls.txt" };
    const served = { "urls.txt": "/a\nhttp://other.example/b\n" };
    expect((await read([file], served, `${shop}/x/`)).urls).toEqual([`${shop}/a`, "http://other.example/b"]);
    expect((await read([file], served)).urls).toEqual(["/a", "http://other.example/b"]);
  });
});
