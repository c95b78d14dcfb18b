interface ChoiceProps<Value> {
  readonly label: string;
  /** Each with its name, in the order in which they are offered. */
  readonly options: readonly (readonly [value: Value, name: string])[];
  readonly value: Value;
  readonly onChoice: (value: Value) => void;
}

/** One of several, of which there are too many, or too long ones, to be seen at once. */
export function Choice<Value>({ label, options, value, onChoice }: ChoiceProps<Value>) {
  const choose = (place: number) => {
    const chosen = options[place];
    if (chosen !== undefined) onChoice(chosen[0]);
  };
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={options.findIndex(([each]) => each === value)}
        onChange={({ currentTarget }) => choose(currentTarget.selectedIndex)}
      >
        {options.map(([, name], place) => (
          <option key={place} value={place}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
