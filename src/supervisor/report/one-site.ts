import type { Advice } from "../../control/explanation.ts";
import type { Report } from "../../control/report.ts";

/**
 * Where the file has no site, each rule comes with one: whoever copies two of them has two sites, which is refused. So the
 * first rule of a report brings the site, and the others are to be copied into that: changes first, as they are read first.
 */
export function inOneSite(report: Report): Report {
  const place = createPlacing();
  const placed = <Each extends { readonly advice: Advice[] }>(each: Each): Each => ({
    ...each,
    advice: each.advice.map(place),
  });
  const changes = report.changes.map(place);
  const { splits, personal, ...looked } = report.stored;
  const stored = { ...looked, splits: splits.map(placed), personal: personal.map(placed) };
  const unstored = report.unstored.map(placed);
  return { ...report, changes, stored, unstored, causes: report.causes.map(placed) };
}

/** Says of each, in the order in which they come, where it is to be copied. */
function createPlacing() {
  let isThere = false;
  return <Each extends Advice>(advice: Each): Each => {
    const { text, copy } = advice;
    if (copy?.startsWith("[[site]]") !== true) return advice;
    if (isThere) return { ...advice, ...belowSite(text, copy) };
    isThere = true;
    return advice;
  };
}

function belowSite(text: string, copy: string): Pick<Advice, "text" | "copy"> {
  const rule = copy.replace(/^.*?(?=\[\[site\.rule\]\])/s, "");
  // What is said for all requests would leave the rules below it nothing to say.
  const order = /^if = /m.test(rule) ? "before" : "after";
  const place = `below the [[site]] of the first rule of this report, ${order} its other rules:`;
  return { text: text.replace(/, [^,]*:$/, `, ${place}`), copy: rule };
}
