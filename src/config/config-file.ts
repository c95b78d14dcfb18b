import { type Content, contentOf } from "./file/content.ts";
import { readDocument } from "./file/document.ts";
import { fileOptions } from "./file/file-schema.ts";
import { options } from "./options.ts";
import { UsageError } from "./usage-error.ts";
import { fromEach, type WrittenSettings } from "./written-settings.ts";

/** What is read from the working folder where no file is named. */
export const usualFile = "cacheproxy.toml";

/** Text of a file; rejects as the system does. */
export type ReadFile = (path: string) => Promise<string>;

/** What the file says; undefined where none is named, and the usual one is not there. */
export async function readConfigFile(
  named: string | undefined,
  readFile: ReadFile,
): Promise<Content | undefined> {
  const path = named ?? usualFile;
  try {
    return contentOf(readDocument(path, await readFile(path)));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (typeof code !== "string") throw error;
    if (named === undefined && code === "ENOENT") return undefined;
    const where = named === undefined ? path : `--${options.configFile.name} ${JSON.stringify(path)}`;
    throw new UsageError(`${where} cannot be read (${code}); it should be a file you may read`);
  }
}

/** The options that the file says. */
export function fromFile({ document, options: said }: Content): WrittenSettings {
  return fromEach((name) => {
    const key = options[name].name;
    const text = fileOptions.includes(name) ? said[key] : undefined;
    if (text === undefined) return undefined;
    const { line, column } = document.places.valueAt([key]);
    return { where: `${document.name}:${line}:${column}: ${key}`, text };
  });
}
