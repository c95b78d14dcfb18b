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
  const values = new Map<string, string>();
  for (const [name, value] of lines) {
    const former = values.get(name);
    values.set(name, former === undefined ? value : `${former}, ${value}`);
  }
  return {
    get: (name) => values.get(name) ?? null,
    has: (name) => values.has(name),
    lines,
  };
}
