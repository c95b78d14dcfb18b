import { readableBytes, readableCount } from "../../control/amounts.ts";
import type { EntryAnswer } from "../../control/entries.ts";

/** So many pieces are listed by their bytes; the bar shows all. */
const mostListed = 12;

/** Which parts of a body are held, of one that is held in parts. */
export function Pieces({ entry }: { readonly entry: Pick<EntryAnswer, "pieces" | "size" | "held"> }) {
  const { pieces, size, held } = entry;
  if (pieces.length === 0) return null;
  const listed = pieces
    .slice(0, mostListed)
    .map(({ first, last }) => `${readableCount(first)}–${readableCount(last)}`);
  const hidden = pieces.length - mostListed;
  return (
    <div class="pieces">
      <svg viewBox={`0 0 ${size} 1`} preserveAspectRatio="none" aria-hidden="true">
        {pieces.map(({ first, last }) => (
          <rect key={first} x={first} width={last - first + 1} height="1" />
        ))}
      </svg>
      <p>
        {readableBytes(held)} of {readableBytes(size)} are held: bytes {listed.join(", ")}
        {hidden > 0 ? ` and ${hidden} pieces more` : ""}
      </p>
    </div>
  );
}
