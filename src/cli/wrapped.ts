/** So many columns are read with ease. */
export const easyWidth = 100;

/** Lines of words, none longer than that but for a word that is. */
export function wrapped(text: string, longest: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of wordsOf(text)) {
    if (line !== "" && line.length + 1 + word.length > longest) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A clause is one word, with what is written at it: it is looked for as a whole. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\(RFC \d+(?: §[\d.]+)?\)\S*|\S+/g) ?? [];
}
