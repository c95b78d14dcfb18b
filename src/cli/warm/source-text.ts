import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createSitemapReader, type Named } from "./sitemap.ts";
import { SourceError } from "./source-error.ts";

/** A file as it is read, or what was held whole. */
export type Bytes = AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;

/** No line of a list is longer: it is none then. */
const longestLine = 8192;

/**
 * What is named in a file, a sitemap or a list of lines, whichever it turns out to be, packed by gzip or not. `most` is how
 * many bytes it may have unpacked. What was named before something turns out wrong has been told by then. Rejects with a
 * `SourceError`.
 */
export async function* namedIn(bytes: Bytes, most: number): AsyncGenerator<Named> {
  let read: ((text: string) => readonly Named[]) | undefined;
  let end: () => readonly Named[] = () => [];
  for await (const text of textOf(bytes, most)) {
    if (read === undefined && text.trim() === "") continue;
    if (read === undefined) {
      const reader = text.trimStart().startsWith("<") ? createSitemapReader() : createLineReader();
      read = reader.read;
      end = reader.end;
    }
    yield* read(text);
  }
  yield* end();
}

/** All of a text that is small. Rejects with a `SourceError` where it is not. */
export async function wholeText(bytes: Bytes, most: number): Promise<string> {
  return (await Array.fromAsync(textOf(bytes, most))).join("");
}

async function* textOf(bytes: Bytes, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let length = 0;
  for await (const chunk of unpacked(bytes)) {
    length += chunk.byteLength;
    if (length > most)
      throw new SourceError(
        `is longer than ${Math.round(most / 1_048_576)} MB, which nothing of its kind may be`,
      );
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/** By its first two bytes (RFC 1952 §2.3.1): names and media types of sitemaps tell less. */
async function* unpacked(bytes: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const iterator = each(bytes);
  let first = new Uint8Array();
  while (first.byteLength < 2) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  async function* whole() {
    yield first;
    yield* iterator;
  }
  if (first[0] !== 0x1f || first[1] !== 0x8b) return yield* whole();
  // Unlike DecompressionStream it unpacks as it is read: a thousandth part may be as much as all memory.
  const packed = Readable.from(whole(), { objectMode: false });
  const plain = packed.pipe(createGunzip());
  packed.on("error", (error) => plain.destroy(error));
  try {
    for await (const chunk of plain) yield Uint8Array.from(chunk);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError("cannot be unpacked: it is cut short, or no gzip in spite of its beginning");
  } finally {
    packed.destroy();
  }
}

async function* each(bytes: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield* bytes;
}

/** A URL a line; a line that begins with # is a comment, and an empty one nothing. */
function createLineReader() {
  let rest = "";
  return {
    read(text: string): readonly Named[] {
      const lines = (rest + text).split(/\r\n|[\r\n]/);
      rest = lines.pop() ?? "";
      if (rest.length > longestLine) rest = rest.slice(0, longestLine + 1);
      return lines.flatMap(pageIn);
    },
    end: () => pageIn(rest),
  };
}

function pageIn(line: string): Named[] {
  const url = line.trim();
  return url === "" || url.startsWith("#") ? [] : [{ kind: "page", url: url.slice(0, longestLine) }];
}
