import { Choice } from "../parts/choice.tsx";
import { Notice } from "../parts/notice.tsx";
import { sortLabels, sorts, type View } from "./view.ts";

interface SearchFormProps {
  readonly view: View;
  /** What is wrong with what was typed; "" where nothing is. */
  readonly error: string;
  readonly onLook: (change: Partial<View>) => void;
  readonly onAgain: () => void;
}

const orders = sorts.map((sort) => [sort, sortLabels[sort]] as const);
const examples = [
  "/img/",
  "/img/*.png",
  "stale",
  "404",
  "image/*",
  "larger:1MB",
  "unused-for:1d",
  "tag:news",
];

/** A search that is looked for while it is typed. */
export function SearchForm({ view, error, onLook, onAgain }: SearchFormProps) {
  return (
    <form
      class="entries-search"
      aria-label="Find"
      onSubmit={(event) => {
        event.preventDefault();
        onAgain();
      }}
    >
      <label class="field grow">
        <span>Find</span>
        <input
          type="search"
          value={view.search}
          placeholder="a part of a path, /img/, image/*, stale, tag:news …"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onLook({ search: event.currentTarget.value })}
        />
      </label>
      <Choice label="Order" options={orders} value={view.sort} onChoice={(sort) => onLook({ sort })} />
      <label class="check">
        <input
          type="checkbox"
          checked={view.isReversed}
          onChange={(event) => onLook({ isReversed: event.currentTarget.checked })}
        />
        <span>the other way round</span>
      </label>
      <button type="submit">Look again</button>
      <p class="row chips">
        {examples.map((example) => (
          <button key={example} class="chip" type="button" onClick={() => onLook({ search: example })}>
            {example}
          </button>
        ))}
      </p>
      {error === "" ? null : <Notice tone="bad">{error}</Notice>}
    </form>
  );
}
