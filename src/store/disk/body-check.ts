import { readFileSync } from "node:fs";
import type { BodyFile, BodyFiles } from "./body-files.ts";
import { blockBytes, checksumOf, checksumOfFile } from "./checksum.ts";
import type { StoredResponse, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";

/** What can be found wrong with a body. */
export type Damage = "MISSING_BODY" | "WRONG_SIZE" | "WRONG_CHECKSUM";

/** A body in its file, with what it should be. */
export interface StoredFile {
  readonly response: StoredResponse;
  readonly checksum: string;
  /** When the file was last written to. */
  readonly modifiedAt: number;
  /**
   * Whether the body is known to be what was stored. Not so after an end that was not orderly, when bytes that were
   * written may have got lost, and when something has written to the file: then it is `confirm`ed before it is used.
   */
  readonly trusted: boolean;
}

export interface BodyCheckOptions {
  readonly bodies: BodyFiles;
  /** Removes the response. */
  readonly onDamage: (response: StoredResponse, code: Damage, what: string) => void;
  readonly onVerified: (id: string, modifiedAt: number) => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

export type Bytes = Uint8Array<ArrayBuffer>;

/** Compares bodies with what the index says of them. */
export interface BodyCheck {
  /** Whether there is a file of the right size; undefined, and the response removed, when there is not. */
  look(response: StoredResponse): BodyFile | undefined;
  /** Whether a body that came with its row is what was stored; if not, the response is removed. */
  isIntact(response: StoredResponse, bytes: Uint8Array, checksum: string): boolean;
  /** The whole body, its checksum verified, a small one at once; undefined when it is not what was stored. */
  read(stored: StoredFile): Bytes | undefined | Promise<Bytes | undefined>;
  /** Compares the file with the checksum. Those who ask for one body at the same time share the work. */
  confirm(stored: StoredFile): Promise<boolean>;
}

export function createBodyCheck(options: BodyCheckOptions): BodyCheck {
  const { bodies, onDamage, onVerified, onTrouble } = options;
  const underWay = new Map<string, Promise<boolean>>();

  function look(response: StoredResponse): BodyFile | undefined {
    const { id, size } = response;
    const file = bodies.look(id);
    if (file?.size === size) return file;
    if (file === undefined) onDamage(response, "MISSING_BODY", "is missing");
    else onDamage(response, "WRONG_SIZE", `has ${file.size} bytes instead of ${size}`);
    return undefined;
  }

  function isRight(response: StoredResponse, size: number, isSum: boolean): boolean {
    if (size === response.size && isSum) return true;
    onDamage(response, "WRONG_CHECKSUM", "is not what was stored");
    return false;
  }

  function judge(
    { response, checksum, modifiedAt, trusted }: StoredFile,
    size: number,
    sum: string,
  ): boolean {
    if (!isRight(response, size, sum === checksum)) return false;
    if (!trusted) onVerified(response.id, modifiedAt);
    return true;
  }

  function judged(stored: StoredFile, bytes: Bytes): Bytes | undefined {
    return judge(stored, bytes.byteLength, checksumOf(bytes)) ? bytes : undefined;
  }

  function tellUnreadable(error: unknown): undefined {
    onTrouble(toStoreError(error, "a stored body could not be read"));
  }

  async function readLarge(stored: StoredFile, path: string): Promise<Bytes | undefined> {
    try {
      return judged(stored, exactly(await Bun.file(path).bytes()));
    } catch (error) {
      return tellUnreadable(error);
    }
  }

  async function compare(stored: StoredFile): Promise<boolean> {
    const { id } = stored.response;
    try {
      const { size, checksum } = await checksumOfFile(bodies.path(id));
      if (!judge(stored, size, checksum)) return false;
      // It took a while: what was removed or written to meanwhile is not what was read.
      return bodies.look(id)?.modifiedAt === stored.modifiedAt;
    } catch (error) {
      return tellUnreadable(error) ?? false;
    } finally {
      underWay.delete(id);
    }
  }

  return {
    look,
    isIntact: (response, bytes, checksum) =>
      isRight(response, bytes.byteLength, checksumOf(bytes) === checksum),
    read(stored) {
      const path = bodies.path(stored.response.id);
      if (stored.response.size > blockBytes) return readLarge(stored, path);
      try {
        return judged(stored, exactly(readFileSync(path)));
      } catch (error) {
        return tellUnreadable(error);
      }
    },
    confirm(stored) {
      const { id } = stored.response;
      const answer = underWay.get(id) ?? compare(stored);
      underWay.set(id, answer);
      return answer;
    },
  };
}

/** The bytes in a buffer that holds nothing else. */
function exactly(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : bytes.slice();
}
