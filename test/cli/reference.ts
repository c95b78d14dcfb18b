import { join } from "node:path";
import { type z, ZodOptional, ZodRecord } from "zod";
import { words } from "../../src/config/file/field.ts";
import { certificateSchema } from "../../src/config/file/file-schema.ts";
import { conditionsSchema, querySchema, settingFields } from "../../src/config/file/rule-schema.ts";
import { siteFields } from "../../src/config/file/site-schema.ts";
import type { Option } from "../../src/config/option.ts";
import { options } from "../../src/config/options.ts";

/** The reference of the README, made of what the program itself knows of its options and of the keys of its file. */

export const readmePath = join(import.meta.dir, "../../README.md");

const place = /(<!-- make reference writes this table -->\n)(.*?)(\n<!-- as far as here -->)/s;

/** The table that the README has. Throws when it has no place for it. */
export function referenceIn(readme: string): string {
  const [, , table] = place.exec(readme) ?? [];
  if (table === undefined) throw new Error("the README has no marks between which its reference stands");
  return table;
}

export function withReference(readme: string, table: string): string {
  referenceIn(readme);
  return readme.replace(place, (_, before: string, __, after: string) => `${before}${table}${after}`);
}

/** All that may be said, one line each: options, and the keys of certificates, sites and rules. */
export function reference(): string {
  return [
    row("flag, or key of the file", "what it takes", "default", "what it says"),
    "|---|---|---|---|",
    ...Object.values(options).map(optionRow),
    row("`--help`, `--version`", "", "", "say this, or which version it is"),
    ...keyRows("[[certificate]]", certificateSchema.shape),
    ...keyRows("[[site]]", siteFields),
    ...keyRows("[[site]] or [[site.rule]]", settingFields),
    ...keyRows("query =", querySchema.shape),
    ...keyRows("[[site.rule]] if =, unless =", conditionsSchema.shape),
  ].join("\n");
}

/** A switch is a word on the command line, and true or false elsewhere. */
function optionRow({ name, argument, summary, byDefault, defaultInWords, expected }: Option): string {
  const written = argument === undefined ? { true: "on", false: "off" }[String(byDefault)] : byDefault;
  const shown = defaultInWords ?? (written === undefined ? "none" : `\`${written}\``);
  const takes = typeof expected === "string" ? expected : expected("");
  return row(`\`--${name}${argument === undefined ? "" : ` ${argument}`}\``, takes, shown, summary);
}

/** The keys of a table, under a line that names the table. */
function keyRows(table: string, shape: Readonly<Record<string, z.ZodType>>): string[] {
  return [
    row(`**\`${table}\`**`, "", "", ""),
    ...Object.entries(shape).map(([key, schema]) =>
      row(`\`${key}\``, takenBy(schema), "", schema.description ?? ""),
    ),
  ];
}

function takenBy(schema: z.ZodType): string {
  const inner = schema instanceof ZodOptional ? schema.unwrap() : schema;
  const said = words.get(inner as z.ZodType);
  if (said !== undefined) return said.isList ? `${said.expected}; or a list` : said.expected;
  return inner instanceof ZodRecord ? "a table of fields and values" : "a table";
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`.replaceAll(/ {2,}/g, " ");
}

if (import.meta.main) {
  await Bun.write(readmePath, withReference(await Bun.file(readmePath).text(), reference()));
}
