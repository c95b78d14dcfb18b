import { readJson } from "./json.ts";
import type { Path } from "./places.ts";
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
  return { name, ...(name.toLowerCase().endsWith(".json") ? readJson(text) : readToml(text)) };
}

/** What is written there; undefined where nothing is. */
export function writtenAt({ value }: Document, path: Path): unknown {
  return path.reduce<unknown>(
    (whole, part) => (typeof whole === "object" && whole !== null ? Reflect.get(whole, part) : undefined),
    value,
  );
}
