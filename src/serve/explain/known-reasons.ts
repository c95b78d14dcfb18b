import { isReasonName, reasons } from "../../rules/reason.ts";

interface Reason {
  readonly clause: string | null;
  readonly sentence: string;
}

/** What a reason says of itself, without what it says of the outcome: "The response says Cache-Control: private." */
export function whyOf(name: string): string {
  if (!isReasonName(name)) return `${name}.`;
  const { sentence }: Reason = reasons[name];
  const [, why = sentence] = /^[^:]*: (.*)$/s.exec(sentence) ?? [];
  // Names of directives are written as they are.
  const start = why.startsWith("s-maxage") ? "s" : why.charAt(0).toUpperCase();
  return `${start}${why.slice(1)}.`;
}

/** Where the reason comes from; null where it is a decision of this cache, or of the operator. */
export function clauseOf(name: string): string | null {
  if (!isReasonName(name)) return null;
  const { clause }: Reason = reasons[name];
  return clause;
}
