import type { z } from "zod";
import type { Option } from "../option.ts";
import { options } from "../options.ts";
import { shown } from "../shown.ts";
import { type Document, writtenAt } from "./document.ts";
import type { Path } from "./places.ts";
import type { Problem } from "./problem.ts";

/** What the schema has found wrong in the part of the document that begins at `base`. */
export function problemsOf(document: Document, base: Path, { issues }: z.ZodError): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = [...base, ...issue.path.map(asStep)];
    if (issue.code === "invalid_key")
      return [wrongKey(document, path, issue.issues[0]?.message ?? issue.message)];
    if (issue.code !== "unrecognized_keys") return [wrongValue(document, path, issue.message)];
    const lines = issue.message.split("\n");
    return issue.keys.map((key, index) => ({
      position: document.places.keyAt([...path, key]),
      text: lines[index] ?? "",
    }));
  });
}

function wrongValue(document: Document, path: Path, expected: string): Problem {
  const there = writtenAt(document, path);
  const value = there === undefined ? aloneAt(document, path) : there;
  const named = path.findLast((step) => typeof step === "string") ?? "the file";
  const text =
    value === undefined
      ? `there is no ${named}; it should be ${expected}`
      : `${isSecret(path) ? named : `${named} ${shown(value)}`} should be ${expected}`;
  return { position: document.places.valueAt(path), text };
}

/** What stands there, or within it. */
function isSecret([name]: Path): boolean {
  return Object.values<Option>(options).some((option) => option.name === name && option.isSecret);
}

/** The value that stands for a list of one. */
function aloneAt(document: Document, path: Path): unknown {
  return path.at(-1) === 0 ? writtenAt(document, path.slice(0, -1)) : undefined;
}

function wrongKey(document: Document, path: Path, expected: string): Problem {
  const text = `${shown(String(path.at(-1)))} should be ${expected}`;
  return { position: document.places.keyAt(path), text };
}

function asStep(step: PropertyKey): string | number {
  return typeof step === "number" ? step : String(step);
}
