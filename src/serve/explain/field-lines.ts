import type { Advice, Explanation } from "../../control/explanation.ts";

/** Clients and proxies refuse heads with too much in them. */
const longestLine = 240;
const mostLines = 24;

/** An explanation as values of a field, one a line, in ASCII that no client can take for anything else. */
export function fieldLines({ steps, advice }: Pick<Explanation, "steps" | "advice">): string[] {
  const said = steps.map(({ about, text, clause }) =>
    clause === null ? `${about}: ${text}` : `${about}: ${text} (${clause})`,
  );
  return [...said, ...advice.flatMap(advisedLines)].slice(0, mostLines).map(shortened);
}

/** What is to be copied has a line of its own where it would be cut off. */
function advisedLines({ where, text, copy }: Advice): string[] {
  const said = `change (${where}): ${text}`;
  if (copy === null) return [said];
  const whole = `${said} ${copy}`;
  return plainLine(whole).length > longestLine ? [said, `copy: ${copy}`] : [whole];
}

function shortened(text: string): string {
  const plain = plainLine(text);
  return plain.length > longestLine ? `${plain.slice(0, longestLine - 3)}...` : plain;
}

function plainLine(text: string): string {
  return text
    .replaceAll("§", "section ")
    .replaceAll("…", "...")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .trim();
}
