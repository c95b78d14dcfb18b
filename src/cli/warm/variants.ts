import { UsageError } from "../../config/usage-error.ts";
import { fieldIn, requestFieldSchema } from "../../control/explanation.ts";
import type { FieldList } from "../../rules/fields.ts";

/** Fields of the request by which one URL has a stored response of its own. */
export interface Variant {
  readonly fields: FieldList;
  /** "accept-encoding: br, accept-language: de"; "" where nothing is chosen. */
  readonly words: string;
}

/** What browsers send, and what the cache makes one variant of for all of them. */
const usualEncodings = "gzip, deflate, br, zstd";
const mostVariants = 64;

/** The message's own, or the URL's: whoever sets them asks for something else than the URL says. */
const refusedFields = new Set(
  "host connection keep-alive te trailer transfer-encoding content-length upgrade expect range".split(" "),
);

/**
 * Every way in which each URL is asked for: one for each of the codings, and one for each value of a field that is there
 * several times, all with all. Throws a `UsageError`.
 */
export function variantsOf(
  encodings: readonly string[] | undefined,
  headers: readonly string[],
): readonly Variant[] {
  const choices = new Map<string, string[]>();
  if (encodings !== undefined) choices.set("accept-encoding", [...new Set(encodings)]);
  for (const header of headers) addTo(choices, header, encodings !== undefined);
  let variants: FieldList[] = [[]];
  for (const [name, values] of choices)
    variants = variants.flatMap((fields) =>
      values.map((value): FieldList => [...fields, [name, value] as const]),
    );
  if (variants.length > mostVariants)
    throw new UsageError(
      `${variants.length} variants of each URL are too many; there should be ${mostVariants} at most`,
    );
  const usual: FieldList = choices.has("accept-encoding") ? [] : [["accept-encoding", usualEncodings]];
  return variants.map((fields) => ({
    fields: [...usual, ...fields],
    words: fields.map(([name, value]) => `${name}: ${value}`).join(", "),
  }));
}

function addTo(choices: Map<string, string[]>, header: string, areEncodingsSaid: boolean): void {
  const [written = "", value = ""] = fieldIn(header) ?? [];
  const name = written.toLowerCase();
  if (!requestFieldSchema.safeParse([name, value]).success)
    throw new UsageError('--header should be a name, a colon and a value, such as "Accept-Language: de"');
  if (refusedFields.has(name))
    throw new UsageError(
      `--header ${JSON.stringify(written)} is no field to choose; the URL or the connection says it`,
    );
  if (areEncodingsSaid && name === "accept-encoding")
    throw new UsageError(
      "--header Accept-Encoding and --accept-encoding both say it; there should be one of them",
    );
  const values = choices.get(name) ?? [];
  if (!values.includes(value)) values.push(value);
  choices.set(name, values);
}
