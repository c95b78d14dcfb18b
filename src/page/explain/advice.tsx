import type { Advice } from "../../control/explanation.ts";
import { CopyButton } from "../parts/copy-button.tsx";

const who: Readonly<Record<Advice["where"], string>> = {
  origin: "At the origin",
  file: "In the file",
  option: "By an option",
  client: "At the client",
  nothing: "As it is",
};

/** What could be changed, each with who would do it and what would be written for it. */
export function AdviceList({ advice }: { readonly advice: readonly Advice[] }) {
  if (advice.length === 0) return null;
  return (
    <ul class="advice">
      {advice.map(({ where, text, copy }) => (
        <li key={`${where} ${text}`} class={`advice-${where}`}>
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
