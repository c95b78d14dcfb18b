import { SaxesParser } from "saxes";
import { SourceError } from "./source-error.ts";

/** What a sitemap names: a page, or another sitemap of an index. */
export interface Named {
  readonly kind: "page" | "sitemap";
  /** As it stands there. */
  readonly url: string;
}

export interface SitemapReader {
  /** What is named there. Throws a `SourceError` where it is malformed, once all is told that was named before. */
  read(text: string): readonly Named[];
  /** There is no more. */
  end(): readonly Named[];
}

/** What is open is held, with its attributes; elements of news, images and videos are few levels deep. */
const deepest = 32;
const mostAttributes = 100;

/** Elements whose own `loc` counts; those of images and videos within a page have another parent. */
const kinds: ReadonlyMap<string, Named["kind"]> = new Map([
  ["url", "page"],
  ["sitemap", "sitemap"],
]);

/** Reads a sitemap, or an index of sitemaps (sitemaps.org, protocol 0.9), piece by piece as it comes. */
export function createSitemapReader(): SitemapReader {
  const parser = new SaxesParser();
  const path: string[] = [];
  let found: Named[] = [];
  let text = "";
  let attributes = 0;
  let failure: { readonly error: unknown } | undefined;

  parser.on("error", ({ message }) => {
    throw new SourceError(`${place()}: ${message.replace(/^(.*:)?\d+:\d+: /s, "")}`);
  });
  parser.on("opentagstart", () => {
    attributes = 0;
  });
  parser.on("attribute", () => {
    attributes += 1;
    if (attributes > mostAttributes)
      throw new SourceError(`${place()}: an element has more than ${mostAttributes} attributes`);
  });
  parser.on("opentag", ({ name }) => {
    const local = localName(name);
    if (path.length === 0 && local !== "urlset" && local !== "sitemapindex")
      throw new SourceError(
        `${place()}: the first element is <${name}>; of a sitemap it should be <urlset> or <sitemapindex>`,
      );
    if (path.length === deepest)
      throw new SourceError(`${place()}: more than ${deepest} elements are open, of which a sitemap has few`);
    path.push(local);
    text = "";
  });
  const collect = (more: string) => {
    text += more;
  };
  parser.on("text", collect);
  parser.on("cdata", collect);
  parser.on("closetag", () => {
    const kind = path.pop() === "loc" ? kinds.get(path.at(-1) ?? "") : undefined;
    const url = text.trim();
    if (kind !== undefined && url !== "") found.push({ kind, url });
    text = "";
  });

  function place(): string {
    return `line ${parser.line}, column ${parser.column}`;
  }

  function told(read: () => void): readonly Named[] {
    try {
      if (failure === undefined) read();
    } catch (error) {
      failure = { error };
    }
    if (failure !== undefined && found.length === 0) throw failure.error;
    const named = found;
    found = [];
    return named;
  }

  return {
    read: (more) => told(() => parser.write(more)),
    end: () => told(() => parser.close()),
  };
}

/** "image:loc" is "loc" of images: what it is called by its prefix is told by its parent. */
function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
