import { examples, isPartOf, narrowed, widened } from "./conditions.ts";

interface FilterFormProps {
  readonly where: string;
  /** What of it is not understood, a line each. */
  readonly wrong: string | null;
  readonly onWrite: (where: string) => void;
}

/** Where one writes which requests are looked for, in the language of `cacheproxy log --where`. */
export function FilterForm({ where, wrong, onWrite }: FilterFormProps) {
  return (
    <search class="filter">
      <label class="field">
        <span>Only requests of which all is so</span>
        <input
          name="where"
          type="search"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          maxLength={2000}
          placeholder="site=shop cache=MISS ms>200 path=/cart*"
          value={where}
          aria-invalid={wrong !== null}
          aria-describedby="filter-wrong"
          onInput={({ currentTarget }) => onWrite(currentTarget.value)}
        />
      </label>
      <p id="filter-wrong" class="notice bad wrong" role="alert">
        {wrong}
      </p>
      <div class="row">
        {examples.map((example) => {
          const isPart = isPartOf(where, example);
          return (
            <button
              key={example}
              type="button"
              class="chip"
              aria-pressed={isPart}
              onClick={() => onWrite(isPart ? widened(where, example) : narrowed(where, example))}
            >
              {example}
            </button>
          );
        })}
      </div>
    </search>
  );
}
