import type { Part } from "../../rules/range.ts";
import { mostReadBytes, type OpenFiles } from "../../store/disk/open-files.ts";
import type { Ready, Sendable } from "./ready.ts";

/**
 * The body of a hit: one part of what is ready, or all of it when that is null. Undefined when it must be found, or
 * sent, the long way.
 */
export function hitBody(
  { size }: Ready,
  body: Sendable,
  part: Part | null,
  files: OpenFiles,
): Uint8Array<ArrayBuffer> | Blob | undefined {
  const { start, end } = part ?? { start: 0, end: size };
  if (body instanceof Uint8Array) return part === null ? body : body.subarray(start, end);
  if (body instanceof Blob) return part === null ? body : body.slice(start, end);
  if (!files.isAsFound(body)) return undefined;
  if (end - start <= mostReadBytes) return files.read(body, start, end);
  return Bun.file(body.path).slice(start, end);
}

/** Whether the response that would be sent is still there. */
export function isHeld(body: Sendable, files: OpenFiles): boolean {
  return body instanceof Uint8Array || body instanceof Blob || files.isAsFound(body);
}
