import type { ExplainedStep } from "../../control/explanation.ts";
import { Facts } from "../parts/facts.tsx";
import { whereToRead } from "./clause.ts";

/** Each thing on the way of the request, in words; what several lines are about is said once. */
export function Steps({ steps }: { readonly steps: readonly ExplainedStep[] }) {
  return (
    <Facts>
      {grouped(steps).map(({ about, lines }) => (
        <div key={about}>
          <dt>{about}</dt>
          {lines.map(({ text, clause }) => (
            <dd key={text}>
              {text} {clause !== null && <Clause clause={clause} />}
            </dd>
          ))}
        </div>
      ))}
    </Facts>
  );
}

function Clause({ clause }: { readonly clause: string }) {
  const address = whereToRead(clause);
  if (address === undefined) return <span class="clause">{clause}</span>;
  return (
    <a class="clause" href={address} target="_blank" rel="noreferrer">
      {clause}
    </a>
  );
}

interface Group {
  readonly about: string;
  readonly lines: ExplainedStep[];
}

/** Lines about the same thing, where they follow one another. */
function grouped(steps: readonly ExplainedStep[]): readonly Group[] {
  const groups: Group[] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last?.about === step.about) last.lines.push(step);
    else groups.push({ about: step.about, lines: [step] });
  }
  return groups;
}
