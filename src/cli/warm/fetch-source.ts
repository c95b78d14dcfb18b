import { problemOf, type Patience, request, watched } from "./ask.ts";
import type { Choice, Obstacle } from "./choice.ts";
import { SourceError } from "./source-error.ts";
import type { Variant } from "./variants.ts";

/** A sitemap is no page that visitors see: one variant of it is enough. */
const packed: Variant = { fields: [["accept-encoding", "gzip"]], words: "" };
const mostRedirects = 5;
/** As it is sent; what is unpacked has a limit of its own. */
const longest = 52_428_800;

const obstacles: Readonly<Record<Obstacle, string>> = {
  unreadable: "is no URL of http or https",
  foreign: "is not read: its host is none of a site of this proxy",
  unreachable: "is not read: this proxy cannot be asked for it from here",
};

/**
 * The whole body of what the proxy gives for a URL, or for what it redirects to. It is held, so that nobody waits at its other
 * end while pages are asked for. Rejects with a `SourceError`.
 */
export async function fetchSource(
  url: string,
  choice: Choice,
  patience: Patience,
): Promise<Uint8Array<ArrayBuffer>[]> {
  let next = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const found = await fetchOnce(next, choice, patience);
    if (Array.isArray(found)) return found;
    next = found.location;
  }
  throw new SourceError(`redirects more than ${mostRedirects} times`);
}

type Found = Uint8Array<ArrayBuffer>[] | { readonly location: string };

async function fetchOnce(url: string, choice: Choice, patience: Patience): Promise<Found> {
  const page = choice.reach(url);
  if (typeof page === "string") throw new SourceError(obstacles[page]);
  const watch = watched(patience);
  try {
    const response = await request(page, packed, watch.signal, true);
    const location = response.headers.get("location");
    if (location !== null && response.status >= 300 && URL.canParse(location, url)) {
      await response.body?.cancel();
      return { location: new URL(location, url).href };
    }
    if (response.status !== 200) throw new SourceError(`was answered with ${response.status}`);
    return await chunksOf(response, watch.again);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(problemOf(error, watch.isOver(), patience));
  } finally {
    watch.end();
  }
}

async function chunksOf({ body }: Response, onChunk: () => void): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    onChunk();
    length += chunk.byteLength;
    if (length > longest) throw new SourceError(`is longer than ${longest / 1_048_576} MB`);
    chunks.push(chunk);
  }
  return chunks;
}
