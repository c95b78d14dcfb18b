import { remembered } from "./remembered.ts";

/** Reads one field of a message: its lines joined by ", ", or null. Names are lower-case. `Headers` is one. */
export interface FieldReader {
  get(name: string): string | null;
}

/** Field lines of a message; names are lower-case. Only set-cookie comes on more than one line. */
export type FieldList = readonly (readonly [name: string, value: string])[];

/** The fields of a message. */
export interface Fields extends FieldReader {
  has(name: string): boolean;
  readonly lines: FieldList;
}

/** The lines by name, those of one field joined (RFC 9110 §5.3). Far cheaper than `Headers` for a list that is read. */
export function fieldsOf(lines: FieldList): Fields {
  const values = valuesIn(lines, (name) => name);
  return {
    get: (name) => values.get(name) ?? null,
    has: (name) => values.has(name),
    lines,
  };
}

/**
 * The fields of a request, read as servers read them that make a variable of each: to CGI, FastCGI and WSGI, X-Kind and
 * X_Kind are the same HTTP_X_KIND.
 */
export function requestFieldsOf(lines: FieldList): Fields {
  const values = valuesIn(lines, judgedName);
  return {
    get: (name) => values.get(judgedName(name)) ?? null,
    has: (name) => values.has(judgedName(name)),
    lines,
  };
}

/** The name by which a field of a request is judged: with "-" for all but letters and digits. Names are lower-case. */
export const judgedName = remembered((name) => name.replaceAll(/[^a-z0-9]/g, "-"));

function valuesIn(lines: FieldList, nameOf: (name: string) => string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [line, value] of lines) {
    const name = nameOf(line);
    const former = values.get(name);
    values.set(name, former === undefined ? value : `${former}, ${value}`);
  }
  return values;
}
