import type { CauseTarget, Evidence } from "../../control/cacheability.ts";
import { noQuestion, type Question } from "../explain/question.ts";

/** Fields that say how an answer may be kept. */
const telling = /-control$|^(set-cookie|vary|expires|pragma|etag|last-modified|age)$/i;

/** What the origin has last said of keeping its answer: "200 · cache-control: no-store". */
export function saidOf({ status, responseFields }: Evidence): string {
  const fields = responseFields.filter(([name]) => telling.test(name));
  return [String(status), ...fields.map(([name, value]) => `${name}: ${value}`)].join(" · ");
}

/** What would become of the same now, of a client with the fields by which its answer was chosen, unless they are hidden. */
export function questionAbout({ url, evidence }: Pick<CauseTarget, "url" | "evidence">): Question {
  const { method, requestFields, responseFields } = evidence;
  const vary = responseFields.filter(([name]) => name.toLowerCase() === "vary").map(([, value]) => value);
  const names = vary.flatMap((value) => value.toLowerCase().split(/[\s,]+/));
  const fields = requestFields
    .filter(([name, value]) => names.includes(name.toLowerCase()) && !value.includes("…"))
    .map(([name, value]) => `${name}: ${value}`);
  return { ...noQuestion, url, method, fields: fields.join("\n") };
}
