import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import { withoutCredentials } from "../origin-address.ts";
import { FoundPlaces, type Path, type Position } from "./places.ts";
import type { ReadText } from "./read-text.ts";

/** A text in TOML 1.0. What is wrong with its form hides all behind it, so one problem of that kind is told. */
export function readToml(text: string): ReadText {
  const places = new FoundPlaces();
  try {
    const program = parseTOML(text, { tomlVersion: "1.0" });
    for (const node of program.body[0].body) findIn(node, [], places);
    return { value: getStaticTOMLValue(program), places, problems: [] };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const position = { line: error.lineNumber, column: error.column + 1 };
    const found = `is not TOML: ${withoutCredentials(error.message)}`;
    return { value: {}, places, problems: [{ position, text: `${found}; see https://toml.io` }] };
  }
}

function findIn(node: AST.TOMLKeyValue | AST.TOMLTable, base: Path, places: FoundPlaces): void {
  if (node.type === "TOMLTable") {
    places.add(node.resolvedKey, startOf(node.key));
    for (const entry of node.body) findIn(entry, node.resolvedKey, places);
    return;
  }
  const names = node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
  // "a.b = 1" makes the table a, too.
  for (const length of names.keys()) {
    if (length > 0) places.add([...base, ...names.slice(0, length)], startOf(node.key));
  }
  const path = [...base, ...names];
  places.add(path, startOf(node.key), startOf(node.value));
  findWithin(node.value, path, places);
}

function findWithin(value: AST.TOMLContentNode, path: Path, places: FoundPlaces): void {
  if (value.type === "TOMLInlineTable") for (const entry of value.body) findIn(entry, path, places);
  if (value.type !== "TOMLArray") return;
  for (const [index, element] of value.elements.entries()) {
    places.add([...path, index], startOf(element));
    findWithin(element, [...path, index], places);
  }
}

function startOf({ loc }: AST.TOMLNode): Position {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
