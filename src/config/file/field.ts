import { z } from "zod";
import { nearest } from "../nearest.ts";

/** What a value of the file should be, in words, for messages and for the reference. */
export const words = z.registry<{ readonly expected: string; readonly isList?: boolean }>();

type Expected = string | ((written: unknown) => string);

/** A value that is right or wrong as a whole: what is wrong with it is told by what it should be. */
export function leaf<Value>(
  schema: z.ZodType<Value>,
  expected: Expected,
  form: object = formOf(schema),
): z.ZodType<Value> {
  const said = z
    .unknown()
    .transform((written, context) => {
      const read = schema.safeParse(written);
      if (read.success) return read.data;
      const message = typeof expected === "string" ? expected : expected(written);
      context.issues.push({ code: "custom", message, input: written });
      return z.NEVER;
    })
    .meta({ ...form });
  return said.register(words, { expected: typeof expected === "string" ? expected : expected("") });
}

/** One of these words; the one that was probably meant is proposed. */
export function oneOf<const Word extends string>(...known: readonly Word[]): z.ZodType<Word> {
  return leaf(z.enum(known), (written) => {
    const meant = nearest(String(written), known);
    const choice = new Intl.ListFormat("en", { type: "disjunction" }).format(known).replace(", or", " or");
    return meant === undefined || written === "" ? choice : `${choice}; did you mean ${meant}?`;
  });
}

/** A list, for which one value may stand. */
export function listOf<Value>(each: z.ZodType<Value>): z.ZodType<Value[]> {
  const list = z.array(each).min(1, "one or more");
  const one = formOf(each);
  const several = z
    .unknown()
    .transform((written, context) => {
      const read = list.safeParse(Array.isArray(written) ? written : [written]);
      if (read.success) return read.data;
      for (const { message, path } of read.error.issues) {
        context.issues.push({ code: "custom", message, path: [...path], input: written });
      }
      return z.NEVER;
    })
    .meta({ anyOf: [one, { type: "array", items: one, minItems: 1 }] });
  return several.register(words, { expected: words.get(each)?.expected ?? "", isList: true });
}

/** A table that knows its keys. `known` says what else would be right in place of one that it does not know. */
export function table<Shape extends z.ZodRawShape>(
  what: string,
  shape: Shape,
  elsewhere: (key: string) => string | undefined = () => undefined,
) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return `a table, as ${what} is`;
      return issue.keys
        .map(
          (key) => `${JSON.stringify(key)} is not known in ${what}; ${elsewhere(key) ?? rather(key, keys)}`,
        )
        .join("\n");
    },
  });
}

/** Something that may be left out, and what it means. */
export function field<Value>(schema: z.ZodType<Value>, description: string) {
  return schema.optional().describe(description);
}

/** The JSON Schema of what may be written. */
export function formOf(schema: z.ZodType): object {
  const { $schema, ...form } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return form;
}

function rather(key: string, keys: readonly string[]): string {
  const meant = nearest(
    key.replaceAll(/[_A-Z]/g, (letter) => `-${letter === "_" ? "" : letter.toLowerCase()}`),
    keys,
  );
  return meant ? `did you mean ${meant}?` : `there may be ${keys.join(", ")}`;
}
