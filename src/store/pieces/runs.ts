import type { Part } from "../../rules/range.ts";

/**
 * Which pieces should become one: those that touch or overlap, where it pays. All of them when they hold the whole
 * of `size` bytes. Else neighbours of like length, so that each byte is read again only some dozen times while a file
 * of any length grows piece by piece. `pieces` in order of their beginnings; each group has two or more.
 */
export function piecesToMerge<P extends Part>(pieces: readonly P[], size: number): P[][] {
  return runsOf(pieces)
    .flatMap((run) => (holds(run, size) ? [run] : groupsOf(run)))
    .filter((group) => group.length > 1);
}

/** The part that pieces which touch or overlap hold together. */
export function spanOf(pieces: readonly Part[]): Part {
  return {
    start: Math.min(...pieces.map(({ start }) => start)),
    end: Math.max(...pieces.map(({ end }) => end)),
  };
}

/** Whether the pieces, which touch or overlap, are the whole. */
export function holds(run: readonly Part[], size: number): boolean {
  const { start, end } = spanOf(run);
  return start === 0 && end === size;
}

/** Pieces that touch or overlap, together. `pieces` in order of their beginnings. */
export function runsOf<P extends Part>(pieces: readonly P[]): P[][] {
  const runs: P[][] = [];
  for (const piece of pieces) {
    const run = runs.at(-1);
    if (run !== undefined && piece.start <= spanOf(run).end) run.push(piece);
    else runs.push([piece]);
  }
  return runs;
}

function groupsOf<P extends Part>(run: readonly P[]): P[][] {
  const groups: P[][] = [];
  for (const piece of run) {
    let group = [piece];
    for (let before = groups.at(-1); before !== undefined; before = groups.at(-1)) {
      if (2 * lengthOf(group) < lengthOf(before)) break;
      group = [...before, ...group];
      groups.pop();
    }
    groups.push(group);
  }
  return groups;
}

function lengthOf(group: readonly Part[]): number {
  const { start, end } = spanOf(group);
  return end - start;
}
