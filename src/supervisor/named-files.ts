import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { codeOf } from "../config/listen-refusal.ts";
import type { CertificateFiles } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Configuration } from "./configuration.ts";
import type { StartOrder } from "./worker-slot.ts";

/** Files that a configuration names: what is in them may change, though the configuration does not. */
export interface NamedFiles {
  /** Of a listener: certificates, and their keys. */
  readonly certificates: readonly string[];
  /** Of an origin. */
  readonly authorities: readonly string[];
}

export function namedFiles({ settings, plan }: Configuration): NamedFiles {
  const certificates = settings.certificates.flatMap(({ cert, key }) => [cert, key]);
  const authorities = plan.sites.flatMap(({ originCa }) => originCa ?? []);
  return { certificates: [...new Set(certificates)], authorities: [...new Set(authorities)] };
}

/** What is in the files of certificates. Throws a `UsageError` where one cannot be read. */
export function certificateTexts(files: readonly CertificateFiles[]): StartOrder["certificates"] {
  return files.map(({ cert, key }) => ({ cert: textOf(cert), key: textOf(key) }));
}

/** The same text as long as the contents are the same. What cannot be read has none. */
export function contentsOf(paths: readonly string[]): string {
  return paths.map((path) => `${path} ${hashOf(path)}\n`).join("");
}

/** The same text as long as nobody has written to them, or has put others in their place. */
export function looksOf(paths: readonly string[]): string {
  return paths.map((path) => `${path} ${lookOf(path)}\n`).join("");
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `${JSON.stringify(path)} cannot be read (${codeOf(error) ?? error}); it should be a PEM file you may read`,
    );
  }
}

function hashOf(path: string): string {
  try {
    // To read a pipe would hold up everything until somebody writes to it.
    if (!statSync(path).isFile()) return "no-file";
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** The system's time of the last change of a file, its contents or its attributes, cannot be set back. */
function lookOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}
