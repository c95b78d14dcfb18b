import type { FileHandle } from "node:fs/promises";
import { closeFile } from "../disk/block-file.ts";
import type { BodyFiles } from "../disk/body-files.ts";
import { type PieceReader, StoreError, type Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";

/** The file a piece is written into: one that holds others of the same response, or a new one. */
export interface PieceFile {
  readonly id: string;
  readonly isNew: boolean;
  readonly file: FileHandle;
}

/** The file of a row that was found; what has gone with its row since then is nobody's trouble. */
export async function openFound(bodies: BodyFiles, id: string, flags: "r" | "r+"): Promise<FileHandle> {
  try {
    return await bodies.open(id, flags);
  } catch (error) {
    if (toStoreError(error, "").code !== "ENOENT") throw error;
    throw new StoreError("OVERTAKEN", "its file was removed meanwhile");
  }
}

/** A new file as long as the whole response: what pieces do not fill takes no room. */
export async function createSparse(bodies: BodyFiles, id: string, size: number): Promise<PieceFile> {
  const file = await bodies.createTemporary(id);
  try {
    await file.truncate(size);
  } catch (error) {
    await file.close();
    bodies.discardTemporary(id);
    throw error;
  }
  return { id, isNew: true, file };
}

/** Reads what the pieces of a response hold, also when it is removed meanwhile. Rejects with a `StoreError`. */
export async function openPieceReader(
  bodies: BodyFiles,
  id: string,
  onTrouble: (trouble: Trouble) => void,
): Promise<PieceReader> {
  const file = await openFound(bodies, id, "r").catch(refuse);
  return {
    read: (offset, length) => readSome(file, offset, length).catch(refuse),
    close: () => closeFile(file, onTrouble),
  };
}

async function readSome(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  if (bytesRead === 0) throw new StoreError("WRONG_SIZE", "the file is shorter than what was written");
  return buffer.subarray(0, bytesRead);
}

function refuse(error: unknown): never {
  throw toStoreError(error, "a stored body could not be read");
}
