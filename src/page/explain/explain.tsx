import { useEffect, useState } from "preact/hooks";
import type { Explanation } from "../../control/explanation.ts";
import { useCell } from "../cell.ts";
import { Empty } from "../parts/empty.tsx";
import { Notice } from "../parts/notice.tsx";
import { goTo, place } from "../place.ts";
import { ask } from "../session.ts";
import { ExplanationShown } from "./explanation.tsx";
import { linkTo, pathOf, type Question, questionIn } from "./question.ts";
import { QuestionForm } from "./question-form.tsx";

/** What would become of a request, and why: asked by the form, or by a link that leads here. */
export function Explain() {
  const { query } = useCell(place);
  const [question, setQuestion] = useState(() => questionIn(query));
  const { explanation, wrong, isAsking } = useExplanation(question);
  useEffect(() => {
    const linked = questionIn(query);
    if (linkTo(linked) !== linkTo(question)) setQuestion(linked);
  }, [query]);
  const onAsk = (asked: Question) => {
    // It is asked anew also when it is the same: what is stored may be other.
    setQuestion({ ...asked });
    goTo(linkTo(asked));
  };
  return (
    <>
      <QuestionForm question={question} onAsk={onAsk} />
      <div class="told" aria-busy={isAsking} aria-live="polite">
        {wrong !== null && <Notice tone="bad">{wrong}</Notice>}
        {explanation !== null && <ExplanationShown explanation={explanation} />}
        {explanation === null && wrong === null && !isAsking && (
          <Empty>
            Write a URL of one of the sites: whether it would come from the cache is told, why, and what to
            change.
          </Empty>
        )}
      </div>
    </>
  );
}

interface Told {
  readonly explanation: Explanation | null;
  /** Why there is none. */
  readonly wrong: string | null;
  readonly isAsking: boolean;
}

const nothing: Told = { explanation: null, wrong: null, isAsking: false };

/** The former answer is to be seen until there is another. */
function useExplanation(question: Question): Told {
  const [told, setTold] = useState(nothing);
  useEffect(() => {
    if (question.url === "") {
      setTold(nothing);
      return;
    }
    const { signal, abort } = abortable();
    setTold((before) => ({ ...before, isAsking: true }));
    ask<Explanation>(pathOf(question), signal)
      .then((explanation) => setTold({ explanation, wrong: null, isAsking: false }))
      .catch((error: unknown) => {
        if (!signal.aborted)
          setTold({ ...nothing, wrong: error instanceof Error ? error.message : String(error) });
      });
    return abort;
  }, [question]);
  return told;
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
