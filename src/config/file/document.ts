import { readJson } from "./json.ts";
import { FoundPlaces, OddPlaceError, type Path } from "./places.ts";
import type { Problem } from "./problem.ts";
import type { ReadText } from "./read-text.ts";
import { readToml } from "./toml.ts";

/** A file of the operator, read but not yet understood. */
export interface Document extends ReadText {
  /** As messages name it. */
  readonly name: string;
}

/** TOML, unless the name says that it is JSON. Some editors begin a file with a mark of its byte order. */
export function readDocument(name: string, written: string): Document {
  const text = written.replace(/^\uFEFF/, "");
  try {
    return { name, ...(name.toLowerCase().endsWith(".json") ? readJson(text) : readToml(text)) };
  } catch (error) {
    return { name, value: {}, places: new FoundPlaces(), problems: [oddity(error)] };
  }
}

/** The readers call themselves for what is nested, until the stack is full. */
function oddity(error: unknown): Problem {
  if (error instanceof OddPlaceError) return { position: error.position, text: error.message };
  if (error instanceof RangeError)
    return { position: { line: 1, column: 1 }, text: "is nested deeper than anything may be" };
  throw error;
}

/** What is written there; undefined where nothing is. */
export function writtenAt({ value }: Document, path: Path): unknown {
  return path.reduce<unknown>(
    (whole, part) => (typeof whole === "object" && whole !== null ? Reflect.get(whole, part) : undefined),
    value,
  );
}
