import type { FieldReader } from "../../rules/fields.ts";
import { tagFields } from "../../rules/tags.ts";
import { tagsOfPattern } from "./tag-pattern.ts";
import { misread, type Reading, type Wanted } from "./wanted.ts";

type NamesIn = (value: string) => readonly string[];

/** A field that names tags to purge, and how. */
interface Naming {
  readonly field: string;
  readonly namesIn: NamesIn;
  /** Always so, whatever other fields say. */
  readonly isSoft: boolean;
}

/** What Drupal's purgers put several in, separated as its tokens and its patterns have it: "node:1|node:2", "(node:1|node:2)". */
const severalWithBars: ReadonlySet<string> = new Set(["cache-tags", "purge-cache-tags"]);

const xkeys: NamesIn = (value) => tagFields.get("xkey")?.(value) ?? [];

/** The fields by which origins name tags name them here as well; and those of the protocol of Varnish's xkey. */
const namings: readonly Naming[] = [
  { field: "xkey-purge", namesIn: xkeys, isSoft: false },
  { field: "xkey-softpurge", namesIn: xkeys, isSoft: true },
  ...[...tagFields].map(([field, namesIn]) => ({
    field,
    namesIn: severalWithBars.has(field) ? (value: string) => namesIn(withoutBars(value)) : namesIn,
    isSoft: false,
  })),
];

const patternFields = ["x-magento-tags-pattern", "x-cache-tags-pattern"];

/** No request names more in one word. */
const mostInOne = 1000;

/** What a request by tags wants; null where it names none: it is about its target then. `isSoft`: as a whole. */
export function readTags(fields: FieldReader, site: string, isSoft: boolean): Reading | null {
  for (const field of patternFields) {
    const pattern = fields.get(field);
    if (pattern !== null) return readPattern(field, pattern, site, isSoft);
  }
  const said = namings.flatMap((naming) => {
    const value = fields.get(naming.field);
    return value === null ? [] : [{ ...naming, names: naming.namesIn(value).filter((name) => name !== "") }];
  });
  if (said.length === 0) return null;
  // It is not about its target, which mostly is "/": without a name it is about nothing.
  const wanted = said.flatMap((each) => wordsOf(each.names, site, isSoft || each.isSoft));
  if (wanted.length > 0) return { kind: "wanted", wanted };
  return misread(`${said.map(({ field }) => field).join(", ")} should name what to purge, and is empty`);
}

function readPattern(field: string, pattern: string, site: string, isSoft: boolean): Reading {
  const tags = tagsOfPattern(pattern);
  if (tags === null) {
    return misread(
      `${field} should be as Magento writes it, ((^|,)cat_p_1(,|$))|((^|,)cat_p_2(,|$)) for tags and .* for all`,
    );
  }
  if (tags === "all") return { kind: "wanted", wanted: [{ site, ...softly(isSoft) }] };
  return { kind: "wanted", wanted: wordsOf(tags, site, isSoft) };
}

function wordsOf(names: readonly string[], site: string, isSoft: boolean): Wanted[] {
  const tags = [...new Set(names)];
  const words: Wanted[] = [];
  for (let at = 0; at < tags.length; at += mostInOne) {
    words.push({ tags: tags.slice(at, at + mostInOne), site, ...softly(isSoft) });
  }
  return words;
}

function withoutBars(value: string): string {
  return value.replace(/^\((.*)\)$/s, "$1").replaceAll("|", " ");
}

/** To be spread into a word. */
export function softly(isSoft: boolean): { readonly soft?: true } {
  return isSoft ? { soft: true } : {};
}
