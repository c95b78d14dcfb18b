/**
 * Text from outside on its way into a line that people read: nothing in it may end the line, move the cursor, colour the
 * terminal or reorder what is shown. That is C0, DEL, C1, the line separators and the marks of writing direction.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with everything that is not meant to be seen written as its code: `\u001b`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeCode);
}

/** One line of JSON, without its line feed, that reads as the value it was made of. */
export function visibleJson(value: object): string {
  // JSON has escaped C0 already; the rest may stand in a string only, where the code means the same.
  return visible(JSON.stringify(value));
}

/** The same over several lines, for people and programs. */
export function visibleJsonLines(value: object): string {
  return JSON.stringify(value, null, 2).split("\n").map(visible).join("\n");
}

function escapeCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
