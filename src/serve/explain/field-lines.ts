import type { Explanation } from "../../control/explanation.ts";

/** Clients and proxies refuse heads with too much in them. */
const longestLine = 240;
const mostLines = 24;

/** An explanation as values of a field, one a line, in ASCII that no client can take for anything else. */
export function fieldLines({ steps, advice }: Pick<Explanation, "steps" | "advice">): string[] {
  const said = steps.map(({ about, text, clause }) =>
    clause === null ? `${about}: ${text}` : `${about}: ${text} (${clause})`,
  );
  const advised = advice.map(({ where, text, copy }) =>
    copy === null ? `change (${where}): ${text}` : `change (${where}): ${text} ${copy}`,
  );
  return [...said, ...advised].slice(0, mostLines).map(plainLine);
}

function plainLine(text: string): string {
  const plain = text
    .replaceAll("§", "section ")
    .replaceAll("…", "...")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .trim();
  return plain.length > longestLine ? `${plain.slice(0, longestLine - 3)}...` : plain;
}
