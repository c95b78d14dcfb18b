import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { FoundPlaces, type Path, type Position } from "./places.ts";
import type { Problem } from "./problem.ts";
import type { ReadText } from "./read-text.ts";

/** A text in JSON (RFC 8259), whose outermost value is an object. */
export function readJson(text: string): ReadText {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const places = new FoundPlaces();
  const problems = errors.map(({ error, offset }) => ({
    position: positionIn(text, offset),
    text: `is not JSON: ${inWords(printParseErrorCode(error))}; see https://www.json.org`,
  }));
  if (problems.length > 0) return { value: {}, places, problems };
  if (root?.type !== "object") {
    const position = { line: 1, column: 1 };
    return {
      value: {},
      places,
      problems: [{ position, text: "should be one JSON object of options and their values" }],
    };
  }
  const repeated: Problem[] = [];
  findIn(root, [], { text, places, repeated });
  return { value: getNodeValue(root), places, problems: repeated };
}

interface Finding {
  readonly text: string;
  readonly places: FoundPlaces;
  /** Of a key that is there twice a reader of JSON may take either. */
  readonly repeated: Problem[];
}

function findIn(node: Node, path: Path, finding: Finding): void {
  if (node.type === "array") {
    for (const [index, element] of (node.children ?? []).entries()) {
      finding.places.add([...path, index], positionIn(finding.text, element.offset));
      findIn(element, [...path, index], finding);
    }
  }
  if (node.type !== "object") return;
  const keys = new Set<string>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (key === undefined || value === undefined) continue;
    const position = positionIn(finding.text, key.offset);
    const name = String(key.value);
    if (keys.has(name)) {
      finding.repeated.push({
        position,
        text: `${JSON.stringify(name)} is there twice; it should be there once`,
      });
    }
    keys.add(name);
    finding.places.add([...path, name], position, positionIn(finding.text, value.offset));
    findIn(value, [...path, name], finding);
  }
}

function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** "PropertyNameExpected": "property name expected". */
function inWords(code: string): string {
  return code.replaceAll(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}
