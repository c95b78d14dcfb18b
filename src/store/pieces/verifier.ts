import type { Damage } from "../disk/body-check.ts";
import type { BodyFiles } from "../disk/body-files.ts";
import { checksumOfPart } from "../disk/checksum.ts";
import type { Piece, StoredResponse, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";

export interface PieceVerifierOptions {
  readonly bodies: BodyFiles;
  /** Removes the response. */
  readonly onDamage: (response: StoredResponse, code: Damage, what: string) => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

/**
 * Compares pieces with their checksums. The instant of the file's last change, by which complete bodies are trusted,
 * tells nothing here, for other pieces are written into it: so a process reads a piece once before it uses it first,
 * unless it wrote it.
 */
export interface PieceVerifier {
  /** Those who ask for one piece at the same time share the work. Never rejects. */
  verify(response: StoredResponse, piece: Piece): Promise<boolean>;
  /** The piece is what its checksum says. */
  trust(id: string, piece: Piece): void;
}

/** Beyond so many, the first are forgotten, and read again. */
const mostTrusted = 16_384;

export function createPieceVerifier({ bodies, onDamage, onTrouble }: PieceVerifierOptions): PieceVerifier {
  const trusted = new Set<string>();
  const underWay = new Map<string, Promise<boolean>>();

  function trust(id: string, piece: Piece): void {
    trusted.add(nameOf(id, piece));
    if (trusted.size <= mostTrusted) return;
    const first = trusted.values().next();
    if (!first.done) trusted.delete(first.value);
  }

  async function compare(response: StoredResponse, piece: Piece): Promise<boolean> {
    const { id } = response;
    try {
      const file = await bodies.open(id, "r");
      try {
        const checksum = await checksumOfPart(file, piece.start, piece.end);
        if (checksum === piece.checksum) {
          trust(id, piece);
          // It took a while: what was removed meanwhile cannot be sent any more.
          return bodies.look(id) !== undefined;
        }
      } finally {
        await file.close();
      }
      onDamage(response, "WRONG_CHECKSUM", `is not what was stored, from byte ${piece.start}`);
    } catch (error) {
      const trouble = toStoreError(error, "a stored body could not be read");
      // Removed meanwhile, with its row; a row without a file shows at the next look-up.
      if (trouble.code !== "ENOENT") onTrouble(trouble);
    }
    return false;
  }

  return {
    trust,
    verify(response, piece) {
      const name = nameOf(response.id, piece);
      if (trusted.has(name)) return Promise.resolve(true);
      const known = underWay.get(name);
      if (known !== undefined) return known;
      const answer = compare(response, piece).finally(() => underWay.delete(name));
      underWay.set(name, answer);
      return answer;
    },
  };
}

function nameOf(id: string, { start, end, checksum }: Piece): string {
  return `${id} ${start} ${end} ${checksum}`;
}
