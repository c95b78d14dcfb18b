import { percentDecoded } from "./escapes.ts";

/** Whether a text is one of those that a pattern stands for: all of it, not a part. */
export type Matcher = (text: string) => boolean;

/**
 * A glob over a path: "*" stands for anything within a segment, "**" for anything, and "**" between slashes also for no
 * segment at all. One that does not begin with "/" may begin at any segment: "*.woff2" is any such file. It is compared with
 * paths of which the percent-encoding is taken off, and may itself be written with it.
 */
export function pathMatcher(glob: string): Matcher {
  return matcherOf(pathPieces(glob.startsWith("/") ? glob : `/**/${glob}`));
}

/** A glob over a name or a value: "*" stands for any characters, "?" for one. */
export function nameMatcher(glob: string): Matcher {
  const pieces = characterCodes(glob).map((code) =>
    code === star ? anything : code === questionMark ? anyCharacter : code,
  );
  return matcherOf(pieces);
}

export function anyMatcher(matchers: readonly Matcher[]): Matcher {
  const [only] = matchers;
  if (only !== undefined && matchers.length === 1) return only;
  return (text) => matchers.some((matches) => matches(text));
}

/** A character code, or one of the four below. */
type Piece = number;
const withinSegment = -1;
const anything = -2;
/** Nothing, or what ends with a slash. */
const segments = -3;
const anyCharacter = -4;
/** No text has it: the end of the pattern, or of the text. */
const end = -5;

const star = 42;
const questionMark = 63;
const slash = 47;

function characterCodes(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

function pathPieces(glob: string): Piece[] {
  const parts = glob.match(/(?<=\/)\*\*\/|\*\*+|\*|[^*]+/g) ?? [];
  return parts.flatMap((part) => {
    if (part === "**/") return [segments];
    if (part === "*") return [withinSegment];
    return part.startsWith("**") ? [anything] : characterCodes(percentDecoded(part));
  });
}

function matcherOf(pieces: readonly Piece[]): Matcher {
  const start = String.fromCharCode(...pieces.slice(0, literalLength(pieces)));
  if (start.length === pieces.length) return (text) => text === start;
  const isStart = start.length === pieces.length - 1 && pieces.at(-1) === anything;
  if (isStart) return (text) => text.startsWith(start);
  return (text) => matches(pieces, text);
}

/** How many pieces at the start are characters. */
function literalLength(pieces: readonly Piece[]): number {
  const first = pieces.findIndex((piece) => piece < 0);
  return first === -1 ? pieces.length : first;
}

/**
 * In time that grows with the text, whatever the pattern, where a regular expression may take for ever: where the text does
 * not go on as the pattern does, only the latest "*" takes a character more, else the latest "**". Those before it need not:
 * that they have taken as little as they could leaves the most to the rest. Nor need "**" end where the "*" after it would
 * begin in the segment in which it has begun before, for that has tried all that would be left.
 */
function matches(pieces: readonly Piece[], text: string): boolean {
  let at = 0;
  let next = 0;
  let afterStar = -1;
  let starEnd = 0;
  let afterDeep = -1;
  let deepEnd = 0;
  let firstStarStart = -1;
  for (;;) {
    const piece = pieces[next] ?? end;
    if (piece === withinSegment) {
      afterStar = ++next;
      starEnd = at;
      if (firstStarStart === -1) firstStarStart = at;
    } else if (piece === anything || piece === segments) {
      afterDeep = ++next;
      deepEnd = at;
      afterStar = -1;
      firstStarStart = -1;
      if (piece === anything && next === pieces.length) return true;
    } else if (isMet(piece, text, at)) {
      if (piece === end) return true;
      at++;
      next++;
    } else if (afterStar !== -1 && starEnd < text.length && text.charCodeAt(starEnd) !== slash) {
      at = ++starEnd;
      next = afterStar;
    } else if (afterDeep !== -1 && deepEnd < text.length) {
      if (pieces[afterDeep - 1] === segments) deepEnd = text.indexOf("/", deepEnd) + 1;
      else deepEnd += 1 + (firstStarStart === -1 ? 0 : restOfSegment(text, firstStarStart));
      if (deepEnd === 0 || deepEnd > text.length) return false;
      at = deepEnd;
      next = afterDeep;
      firstStarStart = -1;
    } else {
      return false;
    }
  }
}

function restOfSegment(text: string, from: number): number {
  const slashAt = text.indexOf("/", from);
  return (slashAt === -1 ? text.length : slashAt) - from;
}

function isMet(piece: Piece, text: string, at: number): boolean {
  if (at >= text.length) return piece === end;
  return piece === anyCharacter || piece === text.charCodeAt(at);
}
