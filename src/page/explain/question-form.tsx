import { useEffect, useState } from "preact/hooks";
import { Choice } from "../parts/choice.tsx";
import type { Question } from "./question.ts";

interface QuestionFormProps {
  /** What the form holds to begin with, and anew whenever it is another. */
  readonly question: Question;
  readonly onAsk: (question: Question) => void;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Where one writes which request is meant. */
export function QuestionForm({ question, onAsk }: QuestionFormProps) {
  const [written, setWritten] = useState(question);
  useEffect(() => setWritten(question), [question]);
  const write = (part: Partial<Question>) => setWritten({ ...written, ...part });
  const canFetch = written.method === "GET" || written.method === "HEAD";
  const submit = (event: Event) => {
    event.preventDefault();
    onAsk({ ...written, fetch: written.fetch && canFetch });
  };
  return (
    <form class="card" onSubmit={submit}>
      <div class="question-line">
        <div class="question-method">
          <Choice
            label="Method"
            options={methodsWith(written.method).map((method) => [method, method])}
            value={written.method}
            onChoice={(method) => write({ method })}
          />
        </div>
        <label class="field question-url">
          <span>URL, or a path of the first site</span>
          <input
            name="url"
            type="text"
            required
            spellcheck={false}
            autocapitalize="off"
            autocomplete="off"
            placeholder="https://shop.example/cart"
            value={written.url}
            onInput={({ currentTarget }) => write({ url: currentTarget.value })}
          />
        </label>
        <button type="submit" class="primary">
          Explain
        </button>
      </div>
      <details class="question-more" open={written.fields !== "" || written.from !== ""}>
        <summary>Fields of the request, and its client</summary>
        <label class="field">
          <span>Fields, one a line</span>
          <textarea
            name="fields"
            rows={3}
            spellcheck={false}
            placeholder={"Cookie: lang=de\nAccept-Encoding: br"}
            value={written.fields}
            onInput={({ currentTarget }) => write({ fields: currentTarget.value })}
          />
        </label>
        <label class="field question-from">
          <span>The client's address</span>
          <input
            name="from"
            type="text"
            spellcheck={false}
            autocomplete="off"
            placeholder="192.0.2.7"
            value={written.from}
            onInput={({ currentTarget }) => write({ from: currentTarget.value })}
          />
        </label>
      </details>
      <label class="check">
        <input
          name="fetch"
          type="checkbox"
          disabled={!canFetch}
          checked={written.fetch && canFetch}
          onChange={({ currentTarget }) => write({ fetch: currentTarget.checked })}
        />
        <span>Ask the origin, too, and judge its answer; nothing is stored</span>
      </label>
    </form>
  );
}

/** A link may name another. */
function methodsWith(method: string): readonly string[] {
  return methods.includes(method) ? methods : [...methods, method];
}
