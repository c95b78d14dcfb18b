/** Reads one field of a message: its lines joined by ", ", or null. Names are lower-case. `Headers` is one. */
export interface FieldReader {
  get(name: string): string | null;
}

/** Field lines of a message; names are lower-case. Only set-cookie comes on more than one line. */
export type FieldList = readonly (readonly [name: string, value: string])[];
