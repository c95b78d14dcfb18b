import type { FieldList } from "../../rules/fields.ts";

type FieldLine = FieldList[number];

/** Makes what is equal in many responses one and the same: it takes memory once, and is at hand when it is read. */
export interface Sharing {
  fields(fields: FieldList): FieldList;
  text(text: string): string;
}

/** Remembered of one field name, and of texts; names there may be more of. */
const mostValues = 256;
const mostNames = 1024;

/** Remembered in all since it began. What no response holds any more is among it, and counts for no entry. */
const mostCharacters = 4 * 1024 * 1024;

/** Remembers what it has seen, within bounds. Where they are reached it begins anew: what is common is soon back. */
export function createSharing(): Sharing {
  const linesByName = new Map<string, Map<string, FieldLine>>();
  const texts = new Map<string, string>();
  let characters = 0;

  function known<Value>(values: Map<string, Value>, key: string, most: number, make: () => Value): Value {
    const found = values.get(key);
    if (found !== undefined) return found;
    if (values.size >= most) values.clear();
    const made = make();
    values.set(key, made);
    characters += key.length;
    if (characters > mostCharacters) beginAnew();
    return made;
  }

  function beginAnew(): void {
    linesByName.clear();
    texts.clear();
    characters = 0;
  }

  function shareLine(line: FieldLine): FieldLine {
    const [name, value] = line;
    const lines = known(linesByName, name, mostNames, newLines);
    return known(lines, value, mostValues, () => line);
  }

  return {
    fields: (fields) => fields.map(shareLine),
    text: (text) => known(texts, text, mostValues, () => text),
  };
}

function newLines(): Map<string, FieldLine> {
  return new Map();
}
