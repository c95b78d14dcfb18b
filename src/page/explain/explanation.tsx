import { readableMilliseconds } from "../../control/amounts.ts";
import type { Explanation, Fetched } from "../../control/explanation.ts";
import { classOfOutcome } from "../parts/outcome.tsx";
import { AdviceList } from "./advice.tsx";
import { Part } from "./part.tsx";
import { Steps } from "./steps.tsx";
import { StoredTable } from "./stored-table.tsx";

/** What X-Cache would say, for its colour. */
const words: Readonly<Record<Explanation["outcome"]["kind"], string>> = {
  ...{ hit: "HIT", partial: "HIT", stale: "STALE", revalidate: "REVALIDATED", miss: "MISS" },
  ...{ pass: "PASS", upgrade: "PASS", purge: "PASS", own: "" },
};

/** What became known of a request: the verdict, each thing on its way, what could be changed, and what is stored for it. */
export function ExplanationShown({ explanation }: { readonly explanation: Explanation }) {
  const { method, url, steps, advice, stored, origin, fetched, outcome } = explanation;
  const [verdict, ...others] = steps;
  const isChange = advice.some(({ where }) => where !== "nothing");
  return (
    <article class="explanation" aria-label={`${method} ${url}`}>
      <header class={`card verdict ${classOfOutcome(words[outcome.kind])}`}>
        <p class="verdict-request">
          {method} {url}
        </p>
        <h2>{verdict?.text}</h2>
      </header>
      {advice.length > 0 && (
        <Part title={isChange ? "What to change" : "Nothing to change"}>
          <AdviceList advice={advice} />
        </Part>
      )}
      <Part title="Step by step">
        <Steps steps={others} />
      </Part>
      {stored.length > 0 && (
        <Part title="What is stored">
          <StoredTable stored={stored} />
        </Part>
      )}
      {fetched !== null && (
        <Part title="What the origin has said">
          <FetchedShown fetched={fetched} />
        </Part>
      )}
      {origin !== null && (
        <Part title="What the origin is sent" isFolded>
          <MessageHead first={`${origin.method} ${origin.url}`} fields={origin.fields} />
        </Part>
      )}
    </article>
  );
}

function FetchedShown({ fetched }: { readonly fetched: Fetched }) {
  const { status, failure, fields, milliseconds, isStored } = fetched;
  const time = milliseconds > 0 ? ` after ${readableMilliseconds(milliseconds)}` : "";
  return (
    <>
      <p>
        {status === null ? `No answer${time}: ${failure}.` : `${status}${time}.`}{" "}
        {isStored ? "It would be stored." : "It would not be stored."}
      </p>
      {fields !== null && <MessageHead first={null} fields={fields} />}
    </>
  );
}

interface MessageHeadProps {
  readonly first: string | null;
  readonly fields: readonly (readonly [string, string])[];
}

function MessageHead({ first, fields }: MessageHeadProps) {
  const lines = fields.map(([name, value]) => (value === "" ? name : `${name}: ${value}`));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by the keyboard
    <pre tabIndex={0}>{[...(first === null ? [] : [first]), ...lines].join("\n")}</pre>
  );
}
