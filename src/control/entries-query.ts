import { z } from "zod";
import { tagAsSent } from "../rules/tags.ts";
import { duration, size, wholeNumber, yesOrNo } from "../config/written.ts";
import { type EntriesRequest, type Position, positionSchema, type Range, sorts } from "./entries-request.ts";

/** What can be asked of the list of stored responses, as it is written in a URL or behind the options of `list`. */

const seconds = duration.transform((milliseconds) => milliseconds / 1000);
const aTime = "should be a time such as 30s, 5m or 2h";
const aSize = "should be a size such as 10KB or 1.5MB";
const written = (schema: typeof seconds | typeof duration) => withMessage(schema, aTime);
const bytes = withMessage(size, aSize);
const hits = withMessage(wholeNumber, "should be a number of hits such as 100");

/** The largest page. */
export const mostEntries = 1_000;

/** Names of these are those of purge where they mean the same. All that is said must be so of an entry. */
export const entriesQuerySchema = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\//i, "should be a whole URL such as http://example.com/a")
    .optional(),
  path: z.string().startsWith("/", "should begin with a slash, as /a does").optional(),
  prefix: z
    .string()
    .regex(/^(\/|https?:\/\/)/i, "should be the beginning of a path or of a whole URL")
    .optional(),
  glob: z
    .string()
    .regex(/^(\/|https?:\/\/)/i, "should be a path with stars, or a whole URL, such as /img/*.png")
    .optional(),
  host: z.string().min(1).optional(),
  site: z.string().optional(),
  /** A name by which responses are purged together. */
  tag: z.string().min(1).optional(),
  /** "text/html", "image/*". */
  type: z
    .string()
    .regex(/^[^\s/*]+\/(\*|[^\s/*]+)$/, "should be a type such as text/html or image/*")
    .optional(),
  /** "404", "4xx". */
  status: z
    .string()
    .regex(/^[1-5](\d\d|xx)$/, "should be a status such as 404 or 4xx")
    .optional(),
  larger: bytes.optional(),
  smaller: bytes.optional(),
  /** By age. */
  older: written(seconds).optional(),
  younger: written(seconds).optional(),
  /** By the lifetime that is left: at least, at most. */
  "fresh-for": written(seconds).optional(),
  "ends-within": written(seconds).optional(),
  /** By their last use, which is known to a minute or so. */
  "used-within": written(duration).optional(),
  "unused-for": written(duration).optional(),
  /** More, or fewer, requests than these were answered with it. */
  "hits-over": hits.optional(),
  "hits-under": hits.optional(),
  stale: yesOrNo.optional(),
  partial: yesOrNo.optional(),
  sort: z.enum(sorts).optional(),
  reverse: yesOrNo.optional(),
  limit: withMessage(
    wholeNumber.pipe(z.int().min(1).max(mostEntries)),
    `should be a number from 1 to ${mostEntries}`,
  ).optional(),
  /** `next` of the page before, with all else as it was. */
  after: z.string().optional(),
});
export type EntriesQuery = z.infer<typeof entriesQuerySchema>;

/** What is asked of whoever reads the index, but for where to look. */
export type Wish = Omit<EntriesRequest, "kind" | "selectors" | "hidden" | "now">;

/** Undefined where `after` is of another list. */
export function wishOf(query: EntriesQuery): Wish | undefined {
  const sort = query.sort ?? "key";
  const isReversed = query.reverse === true;
  const after = query.after === undefined ? null : readCursor(query.after, cursorKind(sort, isReversed));
  if (after === undefined) return undefined;
  return {
    ...{ sort, isReversed, after },
    limit: query.limit ?? 50,
    wanted: {
      tag: query.tag === undefined ? null : tagAsSent(query.tag),
      type: query.type?.toLowerCase() ?? null,
      status: statusRange(query.status),
      size: rangeOf(query.larger, query.smaller),
      age: rangeOf(query.older, query.younger),
      left: rangeOf(query["fresh-for"], query["ends-within"]),
      unusedFor: rangeOf(query["unused-for"], query["used-within"]),
      hits: between(query["hits-over"], query["hits-under"]),
      isStale: query.stale ?? null,
      isPartial: query.partial ?? null,
    },
  };
}

function rangeOf(least?: number | null, most?: number | null): Range {
  return { least: least ?? null, most: most ?? null };
}

/** Whole numbers that are neither the one nor the other. */
function between(over?: number, under?: number): Range {
  return { least: over === undefined ? null : over + 1, most: under === undefined ? null : under - 1 };
}

function statusRange(status: string | undefined): Range {
  if (status === undefined) return rangeOf();
  return rangeOf(Number(status.replace("xx", "00")), Number(status.replace("xx", "99")));
}

/** The place of the last entry of a page, as its reader hands it back. */
export function writeCursor({ sort, isReversed }: Pick<Wish, "sort" | "isReversed">, last: Position): string {
  const { value, key, variant } = last;
  const text = JSON.stringify([cursorKind(sort, isReversed), value, key, variant]);
  return Buffer.from(text).toString("base64url");
}

function readCursor(text: string, kind: string): Position | undefined {
  try {
    const [ofKind, value, key, variant] = z
      .tuple([z.string(), z.unknown(), z.unknown(), z.unknown()])
      .parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return ofKind === kind ? positionSchema.parse({ value, key, variant }) : undefined;
  } catch {
    // What it is made of is nobody's affair: it was not handed out here.
    return undefined;
  }
}

function cursorKind(sort: Wish["sort"], isReversed: boolean): string {
  return isReversed ? `-${sort}` : sort;
}

/** The same, which says of anything wrong that alone. */
function withMessage<Value>(schema: z.ZodType<Value, string>, message: string): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    const read = schema.safeParse(text);
    if (read.success) return read.data;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}
