import { weightedChoices } from "./negotiation.ts";
import { remembered } from "./remembered.ts";

const none = "identity";
const known: ReadonlySet<string> = new Set(["br", "zstd", "gzip"]);

/**
 * The Accept-Encoding that an origin is sent for a client's: of the codings that origins have, those that the client
 * takes, in its preference. Browsers write the field in many ways, each of which would else be a variant of its own, and
 * origins make no difference between them. Who takes none of them, or breaks the syntax, is sent what all can read. "*"
 * stands for gzip alone: who takes all takes that, and no origin must send what only few programs read because of it. A
 * client that says nothing is no matter of this: the field stays away, so that origins do what they do of themselves.
 */
export const foldedCodings = remembered((value): string => {
  const choices = weightedChoices(value) ?? [];
  const isNamed = choices.some(({ choice }) => choice === "gzip");
  const codings = choices
    .map(({ choice, weight }) => ({ coding: choice === "*" && !isNamed ? "gzip" : choice, weight }))
    .filter(({ coding, weight }) => known.has(coding) && weight > 0)
    // Sorting keeps the order of what weighs the same.
    .sort((one, other) => other.weight - one.weight);
  return codings.length === 0 ? none : [...new Set(codings.map(({ coding }) => coding))].join(", ");
});
