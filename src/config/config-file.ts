import { type Content, contentOf } from "./file/content.ts";
import { type Document, readDocument } from "./file/document.ts";
import { fileOptions } from "./file/file-schema.ts";
import type { Path } from "./file/places.ts";
import { options } from "./options.ts";
import { UsageError } from "./usage-error.ts";
import { fromEach, type Written, type WrittenSettings } from "./written-settings.ts";

/** What is read from the working folder where no file is named. */
export const usualFile = "cacheproxy.toml";

/** Text of a file; rejects as the system does. */
export type ReadFile = (path: string) => Promise<string>;

/** What the file says; undefined where none is named, and the usual one is not there. */
export async function readConfigFile(
  named: Written | undefined,
  readFile: ReadFile,
): Promise<Content | undefined> {
  const path = named?.text ?? usualFile;
  try {
    return contentOf(readDocument(path, await readFile(path)));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (typeof code !== "string") throw error;
    if (named === undefined && code === "ENOENT") return undefined;
    const where = named === undefined ? path : `${named.where} ${JSON.stringify(path)}`;
    throw new UsageError(`${where} cannot be read (${code}); it should be a file you may read`);
  }
}

/** The options that the file says. */
export function fromFile({ document, options: said }: Content): WrittenSettings {
  return fromEach((name) => {
    const key = options[name].name;
    const text = fileOptions.includes(name) ? said[key] : undefined;
    if (text === undefined) return undefined;
    return { where: whereOf(document, [key]), text };
  });
}

/** As a message about what the file says there begins: "cacheproxy.toml:3:8: port". */
export function whereOf({ name, places }: Document, path: Path): string {
  const { line, column } = places.valueAt(path);
  return `${name}:${line}:${column}: ${path.findLast((step) => typeof step === "string") ?? "the file"}`;
}
