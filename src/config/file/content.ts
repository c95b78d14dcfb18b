import { z } from "zod";
import type { CertificateFiles } from "../schema.ts";
import { type Document, writtenAt } from "./document.ts";
import { certificateSchema, fileOptionsSchema } from "./file-schema.ts";
import type { Path } from "./places.ts";
import type { Problem } from "./problem.ts";
import { ruleSchema, type WrittenRule } from "./rule-schema.ts";
import { problemsOf } from "./schema-problems.ts";
import { siteOwnSchema, type WrittenSite } from "./site-schema.ts";

/** What a file says, each part as far as it is right. */
export interface Content {
  readonly document: Document;
  /** Options by their names in the file, as text. */
  readonly options: Readonly<Record<string, string>>;
  readonly certificates: readonly CertificateFiles[];
  readonly sites: readonly SiteContent[];
  readonly problems: readonly Problem[];
}

export interface SiteContent {
  /** What the site says itself; undefined where something of it is wrong. */
  readonly own: WrittenSite | undefined;
  /** As many as the file has; undefined where something of it is wrong. */
  readonly rules: readonly (WrittenRule | undefined)[];
}

/** Reads part by part, so that what is wrong in one hides nothing of another. */
export function contentOf(document: Document): Content {
  const problems = [...document.problems];
  const reading = { document, problems };
  const { certificate, site, ...options } = document.value;
  const sites = tablesAt(reading, ["site"]).map((path): SiteContent => {
    const written = writtenAt(document, path);
    const { rule, ...own } = isTable(written) ? written : {};
    return {
      own: readPart(reading, siteOwnSchema, path, isTable(written) ? own : written),
      rules: rulesAt(reading, path),
    };
  });
  return {
    document,
    options: readOptions(reading, options),
    certificates: tablesAt(reading, ["certificate"]).flatMap((path) => {
      const read = readPart(reading, certificateSchema, path);
      return read === undefined ? [] : [read];
    }),
    sites,
    problems,
  };
}

/** The rules of the table there. */
export function rulesAt(reading: Reading, path: Path): (WrittenRule | undefined)[] {
  return tablesAt(reading, [...path, "rule"]).map((each) => readPart(reading, ruleSchema, each));
}

export interface Reading {
  readonly document: Document;
  /** What is found wrong is added. */
  readonly problems: Problem[];
}

/** Options that are right stay, whatever is wrong beside them. */
function readOptions(
  { document, problems }: Reading,
  written: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const read = fileOptionsSchema.safeParse(written);
  if (read.success) return z.record(z.string(), z.string()).parse(read.data);
  problems.push(...problemsOf(document, [], read.error));
  const wrong = new Set(
    read.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0])],
    ),
  );
  const right = Object.fromEntries(Object.entries(written).filter(([name]) => !wrong.has(name)));
  return z.record(z.string(), z.string()).parse(fileOptionsSchema.parse(right));
}

function readPart<Value>(
  { document, problems }: Reading,
  schema: z.ZodType<Value>,
  path: Path,
  written: unknown = writtenAt(document, path),
): Value | undefined {
  const read = schema.safeParse(written);
  if (read.success) return read.data;
  problems.push(...problemsOf(document, path, read.error));
  return undefined;
}

/** The ways to the tables of a list of tables */
function tablesAt({ document, problems }: Reading, path: Path): Path[] {
  const written = writtenAt(document, path);
  if (written === undefined) return [];
  if (Array.isArray(written)) return written.map((_, index) => [...path, index]);
  const name = path.filter((step) => typeof step === "string").join(".");
  const text = `${name} is one; it should be a list of tables, each beginning with [[${name}]]`;
  problems.push({ position: document.places.keyAt(path), text });
  return [];
}

function isTable(written: unknown): written is Readonly<Record<string, unknown>> {
  return typeof written === "object" && written !== null && !Array.isArray(written);
}
