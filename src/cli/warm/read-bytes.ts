import { codeOf } from "../../config/listen-refusal.ts";
import { SourceError } from "./source-error.ts";

/** What is in a file, or comes on the standard input for "-". Rejects with a `SourceError` where it cannot be read. */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* path === "-" ? Bun.stdin.stream() : Bun.file(path).stream();
  } catch (error) {
    throw new SourceError(`cannot be read (${codeOf(error) ?? error}); it should be a file you may read`);
  }
}
