import { weightedChoices } from "./negotiation.ts";
import { remembered } from "./remembered.ts";

/**
 * The Accept-Encoding that an origin is sent for a client's: of the codings that origins have, those that the client
 * takes, in its preference, whatever the weights by which it is told. Browsers write the field in many ways, each of which
 * would else be a variant of its own, and origins make no difference between them. Who takes none of them, or breaks the
 * syntax, is sent what all can read. "*" stands for gzip alone: who takes all takes that, and no origin must send what only
 * few programs read because of it. A client that says nothing is no matter of this: the field stays away, so that origins
 * do what they do of themselves.
 */
export const foldedCodings = remembered((value): string => {
  const weights = weightsOf(value);
  // Sorting keeps the client's order where weights are the same.
  const taken = [...weights].filter(([, weight]) => weight > 0).sort(([, one], [, other]) => other - one);
  if (taken.length === 0) return "identity";
  const ranks = [...new Set(taken.map(([, weight]) => weight))];
  return taken.map(([coding, weight]) => coding + rankWeights[ranks.indexOf(weight)]).join(", ");
});

/** There are no more ranks than codings. */
const rankWeights = ["", ";q=0.5", ";q=0.2"];

/** Of the known codings that are named, each by what is said of it first. */
function weightsOf(value: string): ReadonlyMap<string, number> {
  const choices = weightedChoices(value) ?? [];
  const isGzipNamed = choices.some(({ choice }) => choice === "gzip");
  const weights = new Map<string, number>();
  for (const { choice, weight } of choices) {
    const coding = choice === "*" && !isGzipNamed ? "gzip" : choice;
    if (known.has(coding) && !weights.has(coding)) weights.set(coding, weight);
  }
  return weights;
}

const known: ReadonlySet<string> = new Set(["br", "zstd", "gzip"]);
