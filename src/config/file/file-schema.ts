import { z } from "zod";
import type { Option } from "../option.ts";
import { type OptionName, optionNames, options } from "../options.ts";
import { field, formOf, leaf, table } from "./field.ts";
import { settingFields } from "./rule-schema.ts";
import { siteFields, siteSchema } from "./site-schema.ts";
import { aFile } from "./values.ts";

/** Options that the file may say: which file it is, is said elsewhere. */
export const fileOptions: readonly OptionName[] = optionNames.filter((name) => name !== "configFile");

const optionFields = Object.fromEntries(
  fileOptions.map((name) => [
    options[name].name,
    field(optionValue(options[name]), `${sentence(options[name].summary)}`),
  ]),
);

/** The options alone: what the file says beside its tables. */
export const fileOptionsSchema = table("the top of the file", optionFields, elsewhere);

export const certificateSchema = table("a certificate", {
  cert: aFile.describe("A certificate with its chain (PEM)."),
  key: aFile.describe("Its private key (PEM)."),
});

/** The whole file. */
export const fileSchema = table("the file", {
  ...optionFields,
  certificate: field(z.array(certificateSchema), "Certificates; a client gets that of the host it asks for."),
  site: field(
    z.array(siteSchema),
    "Sites, of which the one that names the host of a request most exactly answers it.",
  ),
});

/** What an option's value may be in a file: the text that a flag has, a number, true or false, or a list of texts. */
function optionValue(option: Option): z.ZodType<string> {
  const one = z.union([z.string(), z.number(), z.boolean()]).transform(String);
  const written = option.isList
    ? z.union([one, z.array(z.string()).transform((list) => list.join(","))])
    : one;
  const checked = written.refine((text) => option.read.safeParse(text).success);
  const { expected } = option;
  return leaf(
    checked,
    typeof expected === "string" ? expected : (value) => expected(String(value)),
    formOfOption(option),
  );
}

function formOfOption(option: Option): object {
  if (option.argument === undefined) return { type: "boolean" };
  const one = formOf(option.read);
  if (option.isNumber) return { type: "integer" };
  return option.isList ? { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] } : one;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function elsewhere(key: string): string | undefined {
  if (key in settingFields) return "it should stand in a [[site]] or a [[site.rule]]";
  return key in siteFields ? "it should stand in a [[site]]" : undefined;
}
