import type { Position } from "./places.ts";

/** What is wrong in a file, and where. */
export interface Problem {
  readonly position: Position;
  readonly text: string;
}

/** One line each, in the order of the file: "cacheproxy.toml:12:5: what was found; what would be right". */
export function linesOf(name: string, problems: readonly Problem[]): string[] {
  const sorted = problems.toSorted(
    ({ position: one }, { position: other }) => one.line - other.line || one.column - other.column,
  );
  return [
    ...new Set(sorted.map(({ position, text }) => `${name}:${position.line}:${position.column}: ${text}`)),
  ];
}
