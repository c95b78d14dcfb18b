import { sitemapsIn } from "./robots.ts";
import type { Named } from "./sitemap.ts";
import { SourceError } from "./source-error.ts";
import { type Bytes, namedIn, wholeText } from "./source-text.ts";

/** One of the things that were named on the command line. */
export type Source =
  | { readonly kind: "file" | "page" | "sitemap" | "robots" | "site"; readonly name: string }
  | { readonly kind: "standard input"; readonly name: "-" };

export interface SourceParts {
  /** The body of what the proxy gives for it. Rejects with a `SourceError`. */
  readonly fetchBytes: (url: string) => Promise<Bytes>;
  /** Likewise of a file, or of the standard input. */
  readonly readFile: (path: string) => Bytes;
  /** What relative URLs of lists mean; undefined: nothing. */
  readonly base: string | undefined;
  /** Something of it could not be read; it goes on with the others. */
  readonly onTrouble: (source: string, problem: string) => void;
}

/** sitemaps.org: 50 MB unpacked, and 50,000 names. */
const longestSitemap = 52_428_800;
const mostSitemaps = 50_000;
/** An index may not name another index; a few levels are followed all the same, so that it ends. */
const deepest = 3;
/** RFC 9309 §2.5: half a megabyte at least is to be read. */
const longestRobots = 1_048_576;

/** What is meant by a word of the command line; undefined where it is neither a URL nor a file. */
export function sourceNamed(word: string, isFile: (path: string) => boolean): Source | undefined {
  if (word === "-") return { kind: "standard input", name: "-" };
  if (!/^https?:\/\//i.test(word)) return isFile(word) ? { kind: "file", name: word } : undefined;
  if (!URL.canParse(word)) return undefined;
  const { pathname, search, href } = new URL(word);
  if (/\/robots\.txt$/i.test(pathname)) return { kind: "robots", name: href };
  if (/\.xml(\.gz)?$|\/sitemap[^/]*$/i.test(pathname)) return { kind: "sitemap", name: href };
  return { kind: pathname === "/" && search === "" ? "site" : "page", name: href };
}

/** Every URL that the sources name, as it stands there, one after the other as they are read. */
export async function* urlsOf(sources: readonly Source[], parts: SourceParts): AsyncGenerator<string> {
  const troubles = createTroubles(parts.onTrouble);
  const telling = { ...parts, onTrouble: troubles.tell };
  const sitemaps = createSitemaps(telling);
  for (const source of sources)
    yield* tellingTroubles(source.name, urlsIn(source, telling, sitemaps), telling);
  troubles.end();
}

/** An index may name any number of others that cannot be read: nobody reads a line of each. */
const mostTroubles = 100;

/** Tells of some, and how many more there were. */
function createTroubles(onTrouble: SourceParts["onTrouble"]) {
  let count = 0;
  return {
    tell(source: string, problem: string): void {
      count += 1;
      if (count <= mostTroubles) onTrouble(shown(source), problem);
    },
    end(): void {
      if (count > mostTroubles)
        onTrouble(`${count - mostTroubles} others`, "could not be read, or not whole, either");
    },
  };
}

const longestShown = 500;

/** Without a password, which an index may have, too. */
function shown(name: string): string {
  const url = URL.parse(name);
  if (url === null || (url.username === "" && url.password === "")) return name.slice(0, longestShown);
  url.username = "***";
  url.password = "";
  return url.href.slice(0, longestShown);
}

async function* urlsIn(source: Source, parts: SourceParts, sitemaps: Sitemaps): AsyncGenerator<string> {
  const { name } = source;
  switch (source.kind) {
    case "page":
      yield name;
      break;
    case "sitemap":
      yield* sitemaps.read(name);
      break;
    case "robots":
      for (const url of await sitemapsOfRobots(name, parts)) yield* sitemaps.read(url);
      break;
    case "site":
      yield name;
      yield* sitemapsOfSite(name, parts, sitemaps);
      break;
    case "file":
    case "standard input":
      yield* sitemaps.follow(namedIn(parts.readFile(name), Number.POSITIVE_INFINITY), parts.base, 0);
      break;
  }
}

async function sitemapsOfRobots(url: string, { fetchBytes }: SourceParts): Promise<readonly string[]> {
  const found = sitemapsIn(await wholeText(await fetchBytes(url), longestRobots));
  if (found.length === 0)
    throw new SourceError("names no sitemap; it should have a line such as Sitemap: URL");
  return found.map((each) => absolute(each, url));
}

/** Those that its robots.txt names; where there is none, the one that is usual. */
async function* sitemapsOfSite(site: string, parts: SourceParts, sitemaps: Sitemaps): AsyncGenerator<string> {
  let found: readonly string[];
  try {
    found = await sitemapsOfRobots(new URL("/robots.txt", site).href, parts);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    found = [new URL("/sitemap.xml", site).href];
  }
  for (const url of found) yield* sitemaps.read(url);
}

interface Sitemaps {
  /** The pages of a sitemap, and of those that it names; of one that was read before nothing. */
  read(url: string): AsyncGenerator<string>;
  /** The same of what was named somewhere, so many levels below what the command line says. */
  follow(named: AsyncIterable<Named>, base: string | undefined, depth: number): AsyncGenerator<string>;
}

function createSitemaps(parts: SourceParts): Sitemaps {
  const known = new Set<string>();

  async function* read(url: string, depth = 0): AsyncGenerator<string> {
    if (known.has(url)) return;
    known.add(url);
    if (known.size > mostSitemaps)
      return parts.onTrouble(url, `is left out: ${mostSitemaps} sitemaps are enough`);
    yield* tellingTroubles(url, pages(url, depth), parts);
  }

  async function* pages(url: string, depth: number): AsyncGenerator<string> {
    if (depth > deepest) throw new SourceError(`is left out: sitemaps name sitemaps ${deepest} levels deep`);
    yield* follow(namedIn(await parts.fetchBytes(url), longestSitemap), url, depth);
  }

  async function* follow(
    named: AsyncIterable<Named>,
    base: string | undefined,
    depth: number,
  ): AsyncGenerator<string> {
    for await (const { kind, url } of named) {
      if (kind === "page") yield absolute(url, base);
      else yield* read(absolute(url, base), depth + 1);
    }
  }

  return { read, follow };
}

/** What is wrong with one source keeps nobody from the others. */
async function* tellingTroubles(
  name: string,
  urls: AsyncIterable<string>,
  { onTrouble }: SourceParts,
): AsyncGenerator<string> {
  try {
    yield* urls;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    onTrouble(name, error.message);
  }
}

/** As it stands where it is no URL: whoever chooses among them tells of that. */
function absolute(url: string, base: string | undefined): string {
  return URL.canParse(url, base) ? new URL(url, base).href : url;
}
