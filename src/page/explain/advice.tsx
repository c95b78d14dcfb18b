import type { Advice } from "../../control/explanation.ts";
import { CopyButton } from "../parts/copy-button.tsx";

const who: Readonly<Record<Advice["where"], string>> = {
  origin: "At the origin",
  file: "In the file",
  option: "By an option",
  client: "At the client",
  nothing: "As it is",
};

/** More than that is there for who wants to see it: it is often the same for another page. */
const mostShown = 4;

/** What could be changed, each with who would do it and what would be written for it. */
export function AdviceList({ advice }: { readonly advice: readonly Advice[] }) {
  if (advice.length === 0) return null;
  const rest = advice.slice(mostShown);
  return (
    <>
      <Listed advice={advice.slice(0, mostShown)} />
      {rest.length > 0 && (
        <details class="advice-rest">
          <summary>{rest.length} more of what could be changed</summary>
          <Listed advice={rest} />
        </details>
      )}
    </>
  );
}

function Listed({ advice }: { readonly advice: readonly Advice[] }) {
  return (
    <ul class="advice">
      {advice.map(({ where, text, copy }, place) => (
        <li key={place}>
          <span class="advice-where">{who[where]}</span>
          <div class="advice-text">
            <p>{text}</p>
            {copy !== null && (
              <div class="copied">
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by the keyboard */}
                <pre tabIndex={0}>{copy}</pre>
                <CopyButton text={copy} />
              </div>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
