import { useEffect, useState } from "preact/hooks";
import type { Explanation } from "../../control/explanation.ts";
import { useCell } from "../cell.ts";
import { useLook } from "../look.ts";
import { Empty } from "../parts/empty.tsx";
import { Notice } from "../parts/notice.tsx";
import { goTo, place } from "../place.ts";
import { ExplanationShown } from "./explanation.tsx";
import { linkTo, pathOf, type Question, questionIn } from "./question.ts";
import { QuestionForm } from "./question-form.tsx";

/** What would become of a request, and why: asked by the form, or by a link that leads here. */
export function Explain() {
  const { query } = useCell(place);
  const [{ question, turn }, setAsked] = useState(() => ({ question: questionIn(query), turn: 0 }));
  const isAnything = question.url !== "";
  const { answer, error, isAsked } = useLook<Explanation>(isAnything ? pathOf(question) : null, turn);
  // With another turn it is asked anew also when it is the same: what is stored may be other.
  const ask = (next: Question) => setAsked((before) => ({ question: next, turn: before.turn + 1 }));
  useEffect(() => {
    const linked = questionIn(query);
    if (linkTo(linked) !== linkTo(question)) ask(linked);
  }, [query]);
  const onAsk = (asked: Question) => {
    ask(asked);
    goTo(linkTo(asked));
  };
  return (
    <>
      <QuestionForm question={question} onAsk={onAsk} />
      <div class="told" aria-busy={isAsked} aria-live="polite">
        {isAnything && error !== "" && <Notice tone="bad">{error}</Notice>}
        {isAnything && error === "" && answer !== null && <ExplanationShown explanation={answer} />}
        {!isAnything && (
          <Empty>
            Write a URL of one of the sites: whether it would come from the cache is told, why, and what to
            change.
          </Empty>
        )}
      </div>
    </>
  );
}
